//! The lines of the table about transactions over two sessions.

use lovely_session_tests::app::{App, CallResult, Error, Isolation, Session, Tx};
use lovely_session_tests::mortal::{Death, every_death};
use lovely_session_tests::world::World;

use super::{ISOLATIONS, REFERENCE};

const IDS: [&str; 2] = ["A", "B"];

/// What each session holds at first.
const OPENING: i64 = 10;

#[tokio::test]
async fn the_reference_tells_what_happens_to_transactions_over_two_sessions() {
    let mut lines = [
        "| reads A, and B after the other moved something from A to B |".to_owned(),
        "| sets A to the sum of both, and the other B |".to_owned(),
        "| moves something from A to B and dies in its commit; then the other reads both |".to_owned(),
    ];
    for isolation in ISOLATIONS {
        let cells =
            [read_skew(isolation).await, write_skew(isolation).await, death_in_a_commit(isolation).await];
        for (line, cell) in lines.iter_mut().zip(cells) {
            *line += &format!(" {cell} |");
        }
    }
    for line in lines {
        assert!(REFERENCE.contains(&line), "docs/reference.md lacks this line, which is true:\n{line}");
    }
}

async fn read_skew(isolation: Isolation) -> &'static str {
    let bank = Bank::open().await;
    let mut reader = bank.begin(isolation).await;
    let first = reader.balance(0).await.unwrap();
    let mut mover = bank.begin(isolation).await;
    mover.move_money().await.unwrap();
    mover.app.commit(mover.tx).await.unwrap();
    let second = reader.balance(1).await.unwrap();
    match reader.app.commit(reader.tx).await {
        Ok(()) if first + second == 2 * OPENING => "both commit",
        Ok(()) => "both commit, and the first saw half of it",
        Err(Error::Conflict(_)) => "the first conflicts",
        Err(error) => panic!("{error:?}"),
    }
}

async fn write_skew(isolation: Isolation) -> &'static str {
    let orders = [[0, 1], [1, 0]];
    let mut explained = Vec::new();
    for order in orders {
        let bank = Bank::open().await;
        for account in order {
            let mut adder = bank.begin(isolation).await;
            adder.set_to_sum(account).await.unwrap();
            adder.app.commit(adder.tx).await.unwrap();
        }
        explained.push(bank.balances().await);
    }
    let bank = Bank::open().await;
    let (mut one, mut other) = (bank.begin(isolation).await, bank.begin(isolation).await);
    one.set_to_sum(0).await.unwrap();
    other.set_to_sum(1).await.unwrap();
    one.app.commit(one.tx).await.unwrap();
    match other.app.commit(other.tx).await {
        Ok(()) if explained.contains(&bank.balances().await) => "both commit",
        Ok(()) => "both commit, as if neither had seen the other",
        Err(Error::Conflict(_)) => "the second conflicts",
        Err(error) => panic!("{error:?}"),
    }
}

async fn death_in_a_commit(isolation: Isolation) -> &'static str {
    let is_torn = std::cell::Cell::new(false);
    let die = async |death| {
        let bank = Bank::open().await;
        let (survived, writes) = bank.die(isolation, death).await;
        let mut reader = bank.begin(isolation).await;
        let sum = reader.balance(0).await.unwrap() + reader.balance(1).await.unwrap();
        reader.app.commit(reader.tx).await.unwrap();
        is_torn.set(is_torn.get() || sum != 2 * OPENING);
        (!survived).then_some(writes)
    };
    every_death(die).await;
    if is_torn.get() { "half of it can be seen" } else { "it sees all of it or nothing" }
}

/// Two sessions with balances.
struct Bank {
    world: World,
}

/// A transaction of somebody.
struct Client {
    app: App,
    tx: Tx,
}

impl Bank {
    async fn open() -> Self {
        let bank = Self { world: World::memory().await };
        let mut opener = bank.begin(Isolation::Serializable).await;
        for account in 0..IDS.len() {
            opener.set(account, OPENING).await.unwrap();
        }
        opener.app.commit(opener.tx).await.unwrap();
        bank
    }

    async fn begin(&self, isolation: Isolation) -> Client {
        let mut app = self.world.app().await;
        let tx = app.begin_with(isolation).await;
        Client { app, tx }
    }

    async fn balances(&self) -> [i64; 2] {
        let mut reader = self.begin(Isolation::Serializable).await;
        [reader.balance(0).await.unwrap(), reader.balance(1).await.unwrap()]
    }

    /// Lets a client die who moves money. Whether it survived, and how many writes its last call had.
    async fn die(&self, isolation: Isolation, death: Death) -> (bool, usize) {
        let (mut app, life) = self.world.mortal_app().await;
        let tx = app.begin_with(isolation).await;
        let mut mover = Client { app, tx };
        mover.move_money().await.unwrap();
        life.end(death);
        let answer = life.work(mover.app.commit(tx)).await;
        (answer.is_some(), life.last_writes())
    }
}

impl Client {
    async fn session(&mut self, account: usize) -> CallResult<Session> {
        let container = self.app.open("bank").await;
        self.app.session(container, self.tx, IDS[account]).await
    }

    async fn balance(&mut self, account: usize) -> CallResult<i64> {
        let session = self.session(account).await?;
        let data = self.app.package(session, "p").await?;
        Ok(self.app.get(data, "balance").await?.unwrap().parse().unwrap())
    }

    async fn set(&mut self, account: usize, balance: i64) -> CallResult<()> {
        let session = self.session(account).await?;
        let data = self.app.package(session, "p").await?;
        self.app.set(data, "balance", &balance.to_string()).await
    }

    async fn move_money(&mut self) -> CallResult<()> {
        for (account, amount) in [(0, -1), (1, 1)] {
            let old = self.balance(account).await?;
            self.set(account, old + amount).await?;
        }
        Ok(())
    }

    async fn set_to_sum(&mut self, account: usize) -> CallResult<()> {
        let sum = self.balance(0).await? + self.balance(1).await?;
        self.set(account, sum).await
    }
}
