//! A store for tower-sessions on memcached. The registry has none, so this one is written for the bench.
//!
//! It is what the store for Redis by the authors of tower-sessions is: records in MessagePack, under their ids, with
//! the lifetime of the record. A request takes a connection from a pool for each command.

use std::fmt;

use async_trait::async_trait;
use memcache::exp::{AsyncMetaClient, MutationStatus, Set, Ttl};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// The most connections: one for each client of the bench, which does most both nearby and at a distance.
const CONNECTIONS: usize = 64;

/// Sessions on one memcached. Clones share the connections.
#[derive(Clone)]
pub struct MemcachedStore(AsyncMetaClient);

impl MemcachedStore {
    /// A store on a server, as `HOST:PORT`. It connects when there is something to do.
    pub async fn on(server: String) -> Result<Self> {
        let builder = AsyncMetaClient::builder().max_connections(Some(CONNECTIONS)).max_idle(CONNECTIONS);
        builder.connect_async(server).await.map(Self).map_err(failed)
    }
}

impl fmt::Debug for MemcachedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("MemcachedStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for MemcachedStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let added = self.0.run(set(record)?.add()).await.map_err(failed)?;
            if added.status == MutationStatus::Applied {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.run(set(record)?).await.map_err(failed)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.0.get(id.to_string()).send().await.map_err(failed)?;
        let decode = |bytes: Vec<u8>| rmp_serde::from_slice(&bytes);
        found.value.map(decode).transpose().map_err(|error| Error::Decode(error.to_string()))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(id.to_string()).send().await.map_err(failed)?;
        Ok(())
    }
}

fn set(record: &Record) -> Result<Set> {
    let bytes = rmp_serde::to_vec(record).map_err(|error| Error::Encode(error.to_string()))?;
    let lifetime = (record.expiry_date - OffsetDateTime::now_utc()).whole_seconds().max(1);
    let mut set = Set::new(record.id.to_string(), []);
    set.value = bytes;
    Ok(set.ttl(Ttl::secs(u32::try_from(lifetime).unwrap_or(u32::MAX))))
}

fn failed(error: memcache::exp::Error) -> Error {
    Error::Backend(error.to_string())
}
