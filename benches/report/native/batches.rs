//! Batches by hand: several sessions share a connection, and each round trip carries the commands of all of them.

use memcache::exp::{AsyncMetaConnection, MetaCommand, MetaCommandResult, MetaOp, parse_meta_result};

use super::LIFETIME;
use crate::clients::Client;

/// One connection and the records of its sessions, which are loaded and stored together. This is the fastest way to
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
        let replies = self.connection.execute_batch(commands).await.unwrap();
        let replies: Vec<_> = replies.into_iter().map(|reply| parse_meta_result(reply).unwrap()).collect();
        assert!(replies.iter().all(MetaCommandResult::ok), "no other client writes these records");
        replies
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

/// A read of the value, its flags, its version and its remaining time, which slides the lifetime.
fn read(key: &str) -> MetaCommand {
    let read = MetaCommand::new(MetaOp::Get, key);
    read.flag("v").flag("f").flag("c").flag("t").flag(format!("T{LIFETIME}"))
}

/// A write of the value that was read, if it is unchanged, which returns the new version.
fn write(key: &str, read: MetaCommandResult) -> MetaCommand {
    let cas = read.cas.expect("the version was asked for");
    let write = MetaCommand::new(MetaOp::Set, key).value(read.value.expect("the record is there"));
    write.flag("c").flag(format!("C{cas}")).flag(format!("T{LIFETIME}"))
}
