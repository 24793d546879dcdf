//! tower-sessions on memcached without a server, as a program that takes commands in lines. What the commands are is
//! told in benches/report/peers/library.rs.

use std::error::Error;
use std::io::stdin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_peer_axum::{MemcachedStore, NAME};
use mimalloc::MiMalloc;
use tokio::task::JoinSet;
use tower_sessions::Session;
use tower_sessions::session::{Error as SessionError, Id};

/// The allocator of `lovely-session serve`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const CLIENTS: u64 = 64;
const COUNT: &str = "count";
const TEXT: &str = "text";

type Store = Arc<MemcachedStore>;
type Failure = Box<dyn Error + Send + Sync>;

/// A session of 1 KB.
async fn begin(store: Store) -> Result<Id, Failure> {
    let session = Session::new(None, store, None);
    session.insert(COUNT, 0).await?;
    session.insert(TEXT, "x".repeat(900)).await?;
    session.save().await?;
    session.id().ok_or_else(|| "a session that was saved has an id".into())
}

async fn count(session: &Session) -> Result<u64, SessionError> {
    Ok(session.get(COUNT).await?.unwrap_or_default())
}

async fn visit(store: Store, id: Id) -> Result<(), SessionError> {
    let session = Session::new(Some(id), store, None);
    session.insert(COUNT, count(&session).await? + 1).await?;
    session.save().await
}

/// Has clients visit sessions until the time is over.
async fn work(store: &Store, ids: &[Id], time: Duration) -> Result<String, Failure> {
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for id in ids.iter().copied() {
        let store = Arc::clone(store);
        clients.spawn(async move {
            let mut visits = 0;
            while begun.elapsed() < time {
                visit(Arc::clone(&store), id).await?;
                visits += 1;
            }
            Ok::<u64, SessionError>(visits)
        });
    }
    let visits: u64 = clients.join_all().await.into_iter().sum::<Result<u64, SessionError>>()?;
    Ok(format!("{visits} {}", begun.elapsed().as_secs_f64() * 1e3))
}

async fn increments(store: &Store, number: u64) -> Result<String, Failure> {
    let id = begin(Arc::clone(store)).await?;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let store = Arc::clone(store);
        clients.spawn(async move {
            for _ in 0..number / CLIENTS {
                visit(Arc::clone(&store), id).await?;
            }
            Ok::<(), SessionError>(())
        });
    }
    clients.join_all().await.into_iter().collect::<Result<(), SessionError>>()?;
    Ok(count(&Session::new(Some(id), Arc::clone(store), None)).await?.to_string())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let memcached = std::env::args().nth(1).ok_or("which memcached?")?;
    let store = Arc::new(MemcachedStore::on(memcached).await?);
    let mut ids = Vec::new();
    for _ in 0..CLIENTS {
        ids.push(begin(Arc::clone(&store)).await?);
    }
    println!("ready {NAME}");
    for line in stdin().lines() {
        let line = line?;
        let (command, number) = line.split_once(' ').ok_or("a command has a number")?;
        let number: u64 = number.parse()?;
        let reply = match command {
            "one" => work(&store, &ids[..1], Duration::from_millis(number)).await?,
            "many" => work(&store, &ids, Duration::from_millis(number)).await?,
            _ => increments(&store, number).await?,
        };
        println!("{reply}");
    }
    Ok(())
}
