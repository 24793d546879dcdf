//! A client dies at each call of its commit, with each subset of that call's writes sent. Other clients can continue,
//! also when the other writes of the dead client arrive late.

use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::mortal::{Death, every_death};
use lovely_session_tests::world::{World, long_timeouts};

mod commits;
mod renewals;

/// Lets clients die in every way, on a store in memory and on several servers. See [`every_death`].
async fn on_each_store(name: &str, die: impl AsyncFn(&World, Death) -> Option<usize>) {
    let in_memory = World::memory().await;
    let deaths = every_death(async |death| die(&in_memory, death).await).await;
    let servers = [MemcachedServer::start(), MemcachedServer::start(), MemcachedServer::start()];
    let world = World::at_all(&servers.each_ref().map(MemcachedServer::address), &long_timeouts()).await;
    let on_servers = every_death(async |death| die(&world, death).await).await;
    println!("{name}: {deaths} deaths in memory, {on_servers} on several servers");
}
