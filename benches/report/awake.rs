//! Keeps the processors awake.

use std::process::{Child, Command, Stdio};
use std::thread;

/// A program on each processor that computes whenever nobody else does. They end when this is dropped.
///
/// Two processes that take turns leave a processor idle in between. On a virtual machine it can take longer to wake that
/// up than everything else in a round trip, and whether the kernel lets both run on one processor decides the result.
pub struct Awake(Vec<Child>);

impl Awake {
    /// Starts the programs, with the lowest priority that there is.
    pub fn keep() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let idle = || {
            let mut command = Command::new("chrt");
            command.args(["--idle", "0", "sh", "-c", "while :; do :; done"]).stdin(Stdio::null());
            command.spawn().expect("util-linux has chrt")
        };
        Self((0..processors).map(|_| idle()).collect())
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for program in &mut self.0 {
            let _killed = program.kill();
            let _status = program.wait();
        }
    }
}
