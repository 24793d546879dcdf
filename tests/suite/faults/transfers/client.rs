//! A client that transfers, reads all accounts, and dies occasionally.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_tests::app::{App, CallResult, Container, Error, Isolation, Session, Tx};
use lovely_session_tests::mortal::{Death, Life};
use lovely_session_tests::random::Random;

use super::books::{Books, End, Transfer};
use super::generation::{Generation, Moves};
use super::{ACCOUNTS, Bank, TOTAL};
use crate::faults::accounts::{CONTAINER, add, add_blindly, balance};

/// The pause of a client between its steps.
const THINKING: Duration = Duration::from_millis(3);

/// The longest delay of what a dead client had sent.
const LATE: Duration = Duration::from_millis(50);

/// The last call in which a client can die. It is late enough for deaths in commits.
const LAST_CALL: usize = 10;

pub struct Client {
    bank: Arc<Bank>,
    number: usize,
    pub random: Random,
    pub books: Books,
}

/// A transaction, and the accounts at its begin.
pub struct Work {
    pub app: App,
    pub container: Container,
    pub tx: Tx,
    pub generation: Arc<Generation>,
}

/// What a transaction does.
enum Deed {
    Transfer(Isolation),
    ReadAll,
    Move,
}

impl Deed {
    fn isolation(&self) -> Isolation {
        match self {
            Self::Transfer(isolation) => *isolation,
            Self::ReadAll | Self::Move => Isolation::Serializable,
        }
    }
}

impl Client {
    pub fn new(bank: Arc<Bank>, number: usize, random: Random) -> Self {
        Self { bank, number, random, books: Books::default() }
    }

    pub async fn work_until(mut self, end: Instant) -> Books {
        for number in 0.. {
            if Instant::now() >= end {
                break;
            }
            let generation = self.bank.generation();
            let (app, life) = self.bank.trouble.world.mortal_app().await;
            if self.random.below(6) == 0 {
                let death = Death { after: self.random.index(LAST_CALL), sent: self.random.number() as u32 };
                life.end(death);
            }
            let deed = self.choose_deed(&generation);
            let work = begin(app, generation, deed.isolation()).await;
            match deed {
                Deed::Transfer(_) => self.transfer(work, &life, format!("{}-{number}", self.number)).await,
                Deed::ReadAll => self.read_all(work, &life).await,
                Deed::Move => self.try_to_move(work, &life).await,
            }
            self.random.wait(THINKING).await;
        }
        self.books
    }

    fn choose_deed(&mut self, generation: &Generation) -> Deed {
        match self.random.below(10) {
            0 | 1 => Deed::ReadAll,
            2 if generation.moves == Moves::Yes => Deed::Move,
            // A transfer writes everything that it reads, so a snapshot is enough for it.
            3 => Deed::Transfer(Isolation::Snapshot),
            _ => Deed::Transfer(Isolation::Serializable),
        }
    }

    /// Delivers the other writes of a dead client, or drops them.
    async fn deliver_late(&mut self, work: Work, life: &Life) {
        drop(work);
        self.books.dead += 1;
        if self.random.below(2) == 0 {
            self.random.wait(LATE).await;
            life.deliver().await;
        }
    }

    /// The result of a transaction with this error.
    fn end_of(&self, error: &Error, generation: &Generation) -> End {
        let is_killed = self.bank.trouble.deaths() > generation.number;
        match error {
            Error::Conflict(_) | Error::Unavailable(_) => End::Refused,
            Error::OutcomeUnknown(_) => End::Unknown,
            Error::Gone(_) if is_killed => End::Refused,
            Error::Ended(_) if generation.moves == Moves::Yes => End::Refused,
            error => panic!("no fault explains {error:?}"),
        }
    }

    async fn transfer(&mut self, mut work: Work, life: &Life, name: String) {
        let amounts = self.choose_amounts();
        let generation = work.generation.number;
        let end = match life.work(self.move_money(&mut work, &name, &amounts)).await {
            None => {
                self.deliver_late(work, life).await;
                End::Unknown
            }
            Some(Ok(Some(()))) => End::Done,
            Some(Ok(None)) => End::Refused,
            Some(Err(error)) => self.end_of(&error, &work.generation),
        };
        self.books.transfers.push((Transfer { generation, name, amounts }, end));
    }

    /// The amounts for two or three accounts; their sum is 0.
    fn choose_amounts(&mut self) -> Vec<(usize, i64)> {
        let first = self.random.index(ACCOUNTS);
        let others = 1 + self.random.index(2);
        let amount = 1 + self.random.below(10) as i64;
        let mut amounts = vec![(first, -amount * others as i64)];
        let step = 1 + self.random.index(2);
        amounts.extend((1..=others).map(|position| ((first + position * step) % ACCOUNTS, amount)));
        amounts
    }

    /// Does nothing if an account is absent.
    async fn move_money(
        &mut self,
        work: &mut Work,
        name: &str,
        amounts: &[(usize, i64)],
    ) -> CallResult<Option<()>> {
        let numbers: Vec<usize> = amounts.iter().map(|(number, _)| *number).collect();
        let Some(accounts) = self.load(work, &numbers).await? else { return Ok(None) };
        for (&account, (_, amount)) in accounts.iter().zip(amounts) {
            match self.random.below(2) {
                0 => add_blindly(&mut work.app, account, *amount).await?,
                _ => add(&mut work.app, account, *amount).await?,
            }
            let log = work.app.package(account, "log").await?;
            work.app.set(log, name, &amount.to_string()).await?;
            self.random.wait(THINKING).await;
        }
        work.app.commit(work.tx).await.map(Some)
    }

    /// Loads the accounts of these numbers, in one call or one after another. None if one is absent.
    async fn load(&mut self, work: &mut Work, numbers: &[usize]) -> CallResult<Option<Vec<Session>>> {
        let ended = work.generation.ended();
        let Some(ids) = self.find(work, numbers).await? else { return Ok(self.absent(work)) };
        let mut accounts = Vec::new();
        if self.random.below(2) == 0 {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            for account in work.app.session_many(work.container, work.tx, &ids).await? {
                if work.app.is_new(account).await? {
                    return Ok(self.absent(work));
                }
                accounts.push(account);
            }
        } else {
            for id in ids {
                match work.app.resume(work.container, work.tx, &id).await? {
                    Some(account) => accounts.push(account),
                    None => return Ok(self.absent(work)),
                }
                self.random.wait(THINKING / 4).await;
            }
        }
        for (&account, number) in accounts.iter().zip(numbers) {
            let data = work.app.package(account, "p").await?;
            let found = work.app.get(data, "account").await?;
            assert_eq!(found, Some(number.to_string()), "an id of account {number} leads to another");
            let session = work.generation.session_of(&work.app.id(account).await);
            assert!(!ended.contains(&session), "account {number}: a session that had ended is alive");
        }
        Ok(Some(accounts))
    }

    /// The ids of accounts: from the directory if they may have changed, otherwise as remembered.
    async fn find(&mut self, work: &mut Work, numbers: &[usize]) -> CallResult<Option<Vec<String>>> {
        let Work { app, container, tx, generation } = work;
        if generation.moves == Moves::No || self.random.below(3) == 0 {
            return Ok(Some(
                numbers.iter().map(|&number| generation.remember(&mut self.random, number)).collect(),
            ));
        }
        let directory = generation.directory(app, *container, *tx).await?;
        let mut ids = Vec::new();
        for &number in numbers {
            let Some(id) = generation.look_up(app, directory, number).await? else { return Ok(None) };
            ids.push(id);
        }
        Ok(Some(ids))
    }

    /// Stops a transaction because an account is absent. It must have moved, or a server must have died.
    pub fn absent<T>(&mut self, work: &Work) -> Option<T> {
        let Generation { number, moves, .. } = &*work.generation;
        let is_killed = self.bank.trouble.deaths() > *number;
        assert!(is_killed || *moves == Moves::Yes, "an account was lost, and no server");
        self.books.absent += 1;
        None
    }

    /// Reads all accounts, and in every third case notes their sum in a separate session.
    async fn read_all(&mut self, mut work: Work, life: &Life) {
        match life.work(self.sum_up(&mut work)).await {
            None => self.deliver_late(work, life).await,
            Some(Ok(Some(sum))) => {
                assert_eq!(sum, TOTAL, "the sum of all accounts, as a committed transaction read it");
                self.books.whole_reads += 1;
            }
            Some(Ok(None)) => {}
            Some(Err(error)) => {
                self.end_of(&error, &work.generation);
                self.books.refused_reads += 1;
            }
        }
    }

    /// The sum that a committed transaction read; none if an account is absent.
    async fn sum_up(&mut self, work: &mut Work) -> CallResult<Option<i64>> {
        let mut numbers: Vec<usize> = (0..ACCOUNTS).collect();
        numbers.rotate_left(self.random.index(ACCOUNTS));
        let Some(accounts) = self.load(work, &numbers).await? else { return Ok(None) };
        let mut sum = 0;
        for account in accounts {
            sum += balance(&mut work.app, account).await?;
        }
        if self.random.below(3) == 0 {
            let audit = work.app.session(work.container, work.tx, &audit_id(self.number)).await?;
            let data = work.app.package(audit, "p").await?;
            work.app.set(data, &self.books.whole_reads.to_string(), &sum.to_string()).await?;
        }
        work.app.commit(work.tx).await?;
        Ok(Some(sum))
    }

    async fn try_to_move(&mut self, mut work: Work, life: &Life) {
        let account = self.random.index(ACCOUNTS);
        match life.work(self.move_account(&mut work, account)).await {
            None => self.deliver_late(work, life).await,
            Some(Ok(Some(done))) => self.note_move(&work, &done),
            Some(Ok(None)) => {}
            Some(Err(error)) => drop(self.end_of(&error, &work.generation)),
        }
    }
}

async fn begin(mut app: App, generation: Arc<Generation>, isolation: Isolation) -> Work {
    let (container, tx) = (app.open(CONTAINER).await, app.begin_with(isolation).await);
    Work { app, container, tx, generation }
}

/// The session in which a client notes sums.
pub fn audit_id(client: usize) -> String {
    format!("audit {client}")
}
