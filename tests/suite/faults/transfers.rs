//! Transfers between accounts, each a session, while the network and servers fail and clients die in the middle of
//! commits. Every serializable transaction that reads all accounts finds the same sum, and in the end each transfer is
//! done completely or not at all. The same holds for accounts that move: their ids are renewed, or their sessions end
//! and others replace them, in one transaction with the entry in a directory.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use lovely_session_tests::app::{App, Container, Tx};
use lovely_session_tests::random::Random;
use tokio::task::JoinSet;

use self::books::Books;
use self::client::Client;
use self::generation::{Generation, Moves};
use super::accounts::{CONTAINER, OPENING};
use super::soak::{ROUND, soak};
use super::trouble::{Faults, Trouble, settle};

mod books;
mod client;
mod generation;
mod moves;

const CLIENTS: usize = 6;

const ACCOUNTS: usize = 6;

/// The sum of all balances at any time.
const TOTAL: i64 = OPENING * ACCOUNTS as i64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_one_server_no_transaction_sees_a_part_of_a_transfer() {
    soak("transfers on one server", async |random| round(random, 1, Moves::No, Kills::No).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_several_servers_no_transaction_sees_a_part_of_a_transfer() {
    soak("transfers on several servers", async |random| round(random, 3, Moves::No, Kills::No).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn between_accounts_that_move_no_transaction_sees_a_part_of_a_transfer() {
    soak("transfers between accounts that move", async |mut random| {
        let servers = 1 + random.index(3);
        round(random, servers, Moves::Yes, Kills::No).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_servers_that_are_killed_no_transaction_sees_a_part_of_a_transfer() {
    soak("transfers on killed servers", async |mut random| {
        let servers = 1 + random.index(3);
        let moves = random.choose(&[Moves::Yes, Moves::No]);
        round(random, servers, moves, Kills::Yes).await
    })
    .await;
}

/// Whether servers are killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kills {
    Yes,
    No,
}

/// The accounts, and the network and servers between them and the clients.
struct Bank {
    trouble: Trouble,
    generation: Mutex<Arc<Generation>>,
}

impl Bank {
    async fn open(servers: usize, moves: Moves) -> Self {
        let trouble = Trouble::with_servers(servers).await;
        let generation = Generation::open(&mut trouble.calm().await.app().await, 0, moves).await;
        Self { trouble, generation: Mutex::new(Arc::new(generation)) }
    }

    /// The current accounts.
    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation.lock().unwrap())
    }

    /// Kills a server, which loses accounts, and opens new ones.
    async fn kill_a_server(&self, random: &mut Random) {
        self.trouble.kill_one(random).await;
        let mut app = self.trouble.calm().await.app().await;
        let moves = self.generation().moves;
        let generation = Generation::open(&mut app, self.trouble.deaths(), moves).await;
        *self.generation.lock().unwrap() = Arc::new(generation);
    }

    /// Causes faults until `end`, and then removes them.
    async fn disturb(&self, random: &mut Random, kills: Kills, end: Instant) -> Faults {
        let mut faults = Faults::new();
        while Instant::now() < end {
            self.trouble.disturb_once(random, &mut faults).await;
            if kills == Kills::Yes && random.below(2) == 0 {
                self.kill_a_server(random).await;
                *faults.entry("killed server").or_default() += 1;
            }
        }
        faults
    }
}

async fn begin(app: &mut App) -> (Container, Tx) {
    (app.open(CONTAINER).await, app.begin().await)
}

async fn round(mut random: Random, servers: usize, moves: Moves, kills: Kills) -> bool {
    let bank = Arc::new(Bank::open(servers, moves).await);
    let end = Instant::now() + ROUND;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(Client::new(Arc::clone(&bank), number, random.fork()).work_until(end));
    }
    let faults = bank.disturb(&mut random, kills, end).await;
    let mut books = Books::default();
    while let Some(client) = clients.join_next().await {
        books.append(client.unwrap());
    }
    settle().await;
    let cuts = bank.trouble.cuts();
    println!("{servers} servers, moves {moves:?}, faults {faults:?}, {cuts} connections cut; {books:?}");
    books.check(&bank).await;
    books.prove_something(moves) && faults.len() > 1
}
