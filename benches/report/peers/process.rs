//! The process of a peer.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

/// A program that takes commands in lines. It is killed when this is dropped.
pub struct Process {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    name: String,
}

impl Process {
    /// Starts a peer, and waits until it is ready. A program with a slash is in the directory, as the script is.
    pub fn start(directory: &Path, program: &str, script: &str, memcached: &str) -> anyhow::Result<Self> {
        let directory = directory.canonicalize().context("no peers are installed: run `make bench-peers`")?;
        let program = if program.contains('/') { directory.join(program) } else { program.into() };
        let mut command = Command::new(&program);
        command.arg(directory.join(script)).arg(memcached);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
        let commands = child.stdin.take().context("a child has the pipe that it was given")?;
        let answers = child.stdout.take().context("a child has the pipe that it was given")?;
        let name = String::new();
        let mut process = Self { child, commands, answers: BufReader::new(answers), name };
        let ready = process.answer()?;
        let name = ready.strip_prefix("ready ").with_context(|| format!("{script} said {ready:?}"))?;
        process.name = name.to_owned();
        Ok(process)
    }

    /// What it is, with the versions of its libraries.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a command that measures for some time. Gives the transactions a second.
    pub fn rate(&mut self, command: &str, time: Duration) -> f64 {
        let answer = self.ask(&format!("{command} {}", time.as_millis()));
        let (transactions, milliseconds) = answer.split_once(' ').expect("two numbers");
        let number = |text: &str| text.parse::<f64>().expect("a number");
        number(transactions) * 1e3 / number(milliseconds)
    }

    /// Has it add 1 so often. Gives what that came to.
    pub fn increments(&mut self, count: u64) -> u64 {
        self.ask(&format!("increments {count}")).parse().expect("a whole number")
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").expect("the peer listens");
        self.answer().expect("the peer answers")
    }

    fn answer(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        anyhow::ensure!(self.answers.read_line(&mut line)? > 0, "a peer ended before its work was done");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It fails when the process has ended already, which is as well.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
