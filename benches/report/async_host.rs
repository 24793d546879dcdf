//! Hosts whose wasmtime has the feature `component-model-async` compiled in. Cargo unifies features, so such a host is
//! another build of this bench, which measures what it is told to on its standard input.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use lovely_session_host::{KeyValue, Memory};
use tokio::runtime::{Builder, Runtime};
use wasmtime::{Config, Engine};

use crate::bench::ONE_KILOBYTE;
use crate::clients::processor_time;
use crate::contender::{Contender, Pace, each_in_turns};
use crate::guest::{self, Prepared, Shape, Warm};
use crate::row::{Figure, Row};
use crate::spread::Samples;

/// The name of the part.
pub const ASYNC_HOST: &str = "async-host";

const HOW: &str = "Processor time of one thread for a transaction on a session of 1 KB in memory, in a warm instance of \
the composed application: in a host whose wasmtime has the feature `component-model-async` compiled in, divided by the \
same without it. The guests are the same bytes and use none of it.";

const OFF: &str = "The same, where the host with the feature sets `Config::concurrency_support(false)`.";

/// Measures such hosts, and this one without the feature. `program` is this bench with the feature.
pub fn measure(pace: Pace, program: &Path) -> anyhow::Result<Vec<Row>> {
    let mut without = Host::new(false)?;
    let mut with = Process::start(program, true)?;
    let mut off = Process::start(program, false)?;
    let contenders = [
        Contender::new(|time| without.microseconds(time)),
        Contender::new(|time| with.microseconds(time)),
        Contender::new(|time| off.microseconds(time)),
    ];
    let [without, with, off] = each_in_turns(pace, contenders);
    let row = |what: &str, with: &Samples, how: &str| {
        let figures =
            vec![Figure::new("without", without.spread(), "µs"), Figure::new("with", with.spread(), "µs")];
        Row::new(what, Figure::new("with ÷ without", with.over(&without).spread(), ""), figures, how)
    };
    Ok(vec![
        row("a host with `component-model-async`", &with, HOW),
        row("the same, `concurrency_support(false)`", &off, OFF),
    ])
}

/// Measures in this process what its standard input asks for: each line has a number of milliseconds, and is replied to
/// with the microseconds of a transaction. `concurrency` is for [`Config::concurrency_support`].
pub fn serve(concurrency: bool) -> anyhow::Result<()> {
    ensure!(cfg!(feature = "component-model-async"), "this is a build without the feature");
    let mut host = Host::new(concurrency)?;
    for line in std::io::stdin().lines() {
        println!("{}", host.microseconds(Duration::from_millis(line?.parse()?)));
    }
    Ok(())
}

/// A host in this process.
struct Host {
    runtime: Runtime,
    client: Warm,
}

impl Host {
    fn new(concurrency: bool) -> anyhow::Result<Self> {
        let mut config = Config::new();
        config.epoch_interruption(true).concurrency_support(concurrency);
        let prepared = Engine::new(&config).and_then(Prepared::on);
        let prepared = prepared.map_err(|error| anyhow!("the application cannot be prepared: {error:#}"))?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let store: Arc<dyn KeyValue> = Arc::new(Memory::new());
        let ids = guest::ids(1);
        let client = runtime.block_on(async {
            prepared.fill(&store, &ids, Shape::of_size(ONE_KILOBYTE)).await;
            Warm::new(&prepared, &store, ids).await
        });
        Ok(Self { runtime, client })
    }

    fn microseconds(&mut self, time: Duration) -> f64 {
        processor_time(&self.runtime, &mut self.client, time)
    }
}

/// A host in a process of its own, which is killed when this is dropped.
struct Process {
    child: Child,
    times: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Process {
    fn start(program: &Path, concurrency: bool) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["--as-host", if concurrency { "true" } else { "false" }]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
        let times = child.stdin.take().context("a child has the pipe that it was given")?;
        let replies = child.stdout.take().context("a child has the pipe that it was given")?;
        Ok(Self { child, times, replies: BufReader::new(replies) })
    }

    fn microseconds(&mut self, time: Duration) -> f64 {
        writeln!(self.times, "{}", time.as_millis()).expect("the host listens");
        let mut reply = String::new();
        self.replies.read_line(&mut reply).expect("the host has output");
        reply.trim_end().parse().expect("the host replies with a number")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails when the process has ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
