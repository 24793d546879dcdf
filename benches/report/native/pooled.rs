//! A client of memcached as written by hand: two round trips per transaction, on pooled connections.

use memcache::exp::{
    AsyncMetaClient, Get, GetResult, Meta, MutationResult, MutationStatus, Op, OpResult, Set, Ttl,
};

use super::LIFETIME;
use crate::bench::TIMEOUT;
use crate::clients::Client;

/// A client whose clones share at most `connections` connections.
pub async fn pool(address: &str, connections: usize) -> AsyncMetaClient {
    let builder = AsyncMetaClient::builder().connect_timeout(Some(TIMEOUT)).io_timeout(Some(TIMEOUT));
    let builder = builder.max_connections(Some(connections)).max_idle(connections);
    builder.connect_async(address.to_owned()).await.expect("the address of a server resolves")
}

/// Loads records, sliding their lifetime, and stores them again by compare-and-swap: the commands that a session's
/// transaction sends.
pub struct Pooled {
    client: AsyncMetaClient,
    keys: Vec<String>,
}

impl Pooled {
    /// A client that works on these records in every transaction.
    pub fn new(client: AsyncMetaClient, keys: Vec<String>) -> Self {
        Self { client, keys }
    }

    async fn one(&self, key: &str) {
        let read = self.client.get(key).meta(Meta::NONE.cas().ttl()).touch(Ttl::secs(LIFETIME));
        let set = write(key, read.send().await.unwrap());
        check(&self.client.run(set).await.unwrap());
    }

    async fn several(&self) {
        let reads = self
            .keys
            .iter()
            .map(|key| Get::new(key.as_str()).meta(Meta::NONE.cas().ttl()).touch(Ttl::secs(LIFETIME)));
        let replies = self.client.run_many(reads).await.unwrap();
        let writes = self.keys.iter().zip(replies).map(|(key, reply)| Op::from(write(key, reply.unwrap())));
        for reply in self.client.run_batch(writes).await.unwrap() {
            let Ok(OpResult::Mutation(reply)) = reply else { panic!("the reply to a write is {reply:?}") };
            check(&reply);
        }
    }
}

impl Client for Pooled {
    async fn transact(&mut self) {
        match &self.keys[..] {
            [key] => self.one(key).await,
            _ => self.several().await,
        }
    }
}

fn write(key: &str, read: GetResult) -> Set {
    let cas = read.item.cas.expect("the version was asked for");
    let mut set = Set::new(key, []).ttl(Ttl::secs(LIFETIME)).return_cas().compare_cas(cas);
    // Moved and not copied, which is the least possible work.
    set.value = read.value.expect("the record is there");
    set
}

fn check(reply: &MutationResult) {
    assert_eq!(reply.status, MutationStatus::Applied, "no other client writes these records");
}
