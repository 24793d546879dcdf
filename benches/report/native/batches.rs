//! Batches by hand: several sessions share a connection, and each round trip carries the commands of all of them.

use memcache::exp::{AsyncMetaConnection, MetaCommand, MetaCommandResult, MetaOp, parse_meta_result};

use super::LIFETIME;
use crate::clients::Client;

/// One connection and the records of its sessions, which are loaded and stored in step: there is no faster way to
/// send these commands with this client library.
pub struct Batches {
    connection: AsyncMetaConnection,
    keys: Vec<String>,
    reads: Vec<MetaCommand>,
}

impl Batches {
    /// Connects for the sessions that have these records.
    pub async fn connect(address: &str, keys: Vec<String>) -> Self {
        let connection = AsyncMetaConnection::connect(address).await.expect("memcached accepts connections");
        let reads = keys.iter().map(|key| read(key)).collect();
        Self { connection, keys, reads }
    }

    async fn send(&mut self, commands: &[MetaCommand]) -> Vec<MetaCommandResult> {
        let answers = self.connection.execute_batch(commands).await.unwrap();
        let answers: Vec<_> = answers.into_iter().map(|answer| parse_meta_result(answer).unwrap()).collect();
        assert!(answers.iter().all(MetaCommandResult::ok), "nobody else writes these records");
        answers
    }
}

impl Client for Batches {
    async fn transact(&mut self) {
        let reads = std::mem::take(&mut self.reads);
        let records = self.send(&reads).await;
        self.reads = reads;
        let writes: Vec<_> = self.keys.iter().zip(records).map(|(key, record)| write(key, record)).collect();
        self.send(&writes).await;
    }

    fn transactions(&self) -> u64 {
        self.keys.len() as u64
    }
}

/// Asks for the value, its flags, its version and the time that it has left, and slides that.
fn read(key: &str) -> MetaCommand {
    let read = MetaCommand::new(MetaOp::Get, key);
    read.flag("v").flag("f").flag("c").flag("t").flag(format!("T{LIFETIME}"))
}

/// Writes what was read, if that is what is still there, and asks for the new version.
fn write(key: &str, read: MetaCommandResult) -> MetaCommand {
    let cas = read.cas.expect("the version was asked for");
    let write = MetaCommand::new(MetaOp::Set, key).value(read.value.expect("the record is there"));
    write.flag("c").flag(format!("C{cas}")).flag(format!("T{LIFETIME}"))
}
