//! The process of a peer.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

/// A program that reads commands in lines. It is killed when this is dropped.
pub struct Process {
    child: Child,
    commands: ChildStdin,
    output: BufReader<ChildStdout>,
    name: String,
}

impl Process {
    /// Starts a peer, and waits until it is ready. Parts of its command with a slash are paths, relative to the
    /// directory; the address of memcached follows them.
    pub fn start(directory: &Path, command: &[&str], memcached: &str) -> anyhow::Result<Self> {
        let directory = directory.canonicalize().context("no peers are installed: run `make bench-peers`")?;
        let path = |part: &&str| if part.contains('/') { directory.join(part) } else { part.into() };
        let paths: Vec<PathBuf> = command.iter().map(path).collect();
        let (program, arguments) = paths.split_first().context("a command has a program")?;
        let mut command = Command::new(program);
        command.args(arguments).arg(memcached);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
        let commands = child.stdin.take().context("a child has the pipe that it was given")?;
        let output = child.stdout.take().context("a child has the pipe that it was given")?;
        let name = String::new();
        let mut process = Self { child, commands, output: BufReader::new(output), name };
        let ready = process.read_line()?;
        let name = ready.strip_prefix("ready ").with_context(|| format!("{paths:?} said {ready:?}"))?;
        process.name = name.to_owned();
        Ok(process)
    }

    /// Its name, and the versions of its libraries.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a command that measures for some time. Returns the transactions per second.
    pub fn rate(&mut self, command: &str, time: Duration) -> f64 {
        let reply = self.ask(&format!("{command} {}", time.as_millis()));
        let (transactions, milliseconds) = reply.split_once(' ').expect("two numbers");
        let number = |text: &str| text.parse::<f64>().expect("a number");
        number(transactions) * 1e3 / number(milliseconds)
    }

    /// Lets it add 1 `count` times. Returns the growth.
    pub fn increments(&mut self, count: u64) -> u64 {
        self.ask(&format!("increments {count}")).parse().expect("a whole number")
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").expect("the peer listens");
        self.read_line().expect("the peer has output")
    }

    fn read_line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        anyhow::ensure!(self.output.read_line(&mut line)? > 0, "a peer ended before its work was done");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails when the process has ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
