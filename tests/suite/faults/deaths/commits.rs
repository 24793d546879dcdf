//! A client dies in a commit of several sessions. Other clients find all of the commit or nothing, and can use the
//! sessions.

use std::collections::BTreeMap;

use lovely_session_tests::app::{App, CallResult, Container, Error, Isolation, Session, Tx};
use lovely_session_tests::mortal::{Death, Life};
use lovely_session_tests::world::World;

use super::on_each_store;
use crate::faults::accounts::{CONTAINER, OPENING, add, balance, set_balance};

/// The most attempts of a transaction that finds what the dead client left.
const ATTEMPTS: usize = 3;

/// What the dying client does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Transfer(Isolation),
    /// A transfer that depends on the balance of a third account.
    TransferAfterReading,
    /// A transfer that merges with a change of another client.
    TransferThatMerges,
    OpenTwoAccounts,
    /// Opens an account with money from another one.
    OpenOneAccount,
    /// A renewal without a grace, or with a grace in seconds.
    Renewal(Option<u32>),
    /// A renewal, and a transfer from the renewed account to another one.
    RenewalWithTransfer,
    /// Destroys an account after a transfer of its money.
    CloseAccount,
}

#[tokio::test]
async fn a_transfer_is_done_completely_or_not_at_all() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot, Isolation::LastWriterWins] {
        in_every_way(Deed::Transfer(isolation)).await;
    }
}

#[tokio::test]
async fn a_transfer_that_depends_on_a_third_session_is_done_completely_or_not_at_all() {
    in_every_way(Deed::TransferAfterReading).await;
}

#[tokio::test]
async fn a_transfer_that_merges_with_another_change_is_done_completely_or_not_at_all() {
    in_every_way(Deed::TransferThatMerges).await;
}

#[tokio::test]
async fn two_new_sessions_are_stored_together_or_not_at_all() {
    in_every_way(Deed::OpenTwoAccounts).await;
}

#[tokio::test]
async fn a_new_session_is_stored_together_with_the_change_of_an_old_one_or_not_at_all() {
    in_every_way(Deed::OpenOneAccount).await;
}

#[tokio::test]
async fn a_renewal_leaves_one_live_session_with_all_its_data() {
    in_every_way(Deed::Renewal(None)).await;
    in_every_way(Deed::Renewal(Some(60))).await;
}

#[tokio::test]
async fn a_renewal_with_a_transfer_is_done_completely_or_not_at_all() {
    in_every_way(Deed::RenewalWithTransfer).await;
}

#[tokio::test]
async fn the_end_of_a_session_with_the_change_of_another_is_done_completely_or_not_at_all() {
    in_every_way(Deed::CloseAccount).await;
}

async fn in_every_way(deed: Deed) {
    on_each_store(&format!("{deed:?}"), async |world, death| die(world, deed, death).await).await;
}

/// Lets the client die, and others continue. Returns the number of writes in its last call; none if it survived.
async fn die(world: &World, deed: Deed, death: Death) -> Option<usize> {
    let (mut app, life) = world.mortal_app().await;
    let mut bank = Bank::open(world, deed, death).await;
    let tx = bank.prepare(&mut app, deed).await;
    life.end(death);
    let result = life.work(app.commit(tx)).await;
    drop(app);
    if let Some(result) = result {
        result.unwrap();
        bank.assert_whole(deed).await;
        return None;
    }
    bank.assert_others_continue(deed, &life).await;
    Some(life.last_writes())
}

/// Three accounts at first, and the ones that replace them.
struct Bank<'a> {
    world: &'a World,
    /// The name of this bank, for failed assertions.
    name: String,
    /// All ids that an account may have.
    ids: Vec<String>,
}

impl<'a> Bank<'a> {
    async fn open(world: &'a World, deed: Deed, death: Death) -> Self {
        let name = format!("{deed:?} {death:?}");
        let ids = ["a", "b", "c"].map(|letter| format!("{name} {letter}")).to_vec();
        let bank = Self { world, name, ids };
        let (mut app, container, tx) = begin(world).await;
        let ids: Vec<&str> = bank.ids.iter().map(String::as_str).collect();
        for account in app.session_many(container, tx, &ids).await.unwrap() {
            set_balance(&mut app, account, OPENING).await.unwrap();
        }
        app.commit(tx).await.unwrap();
        bank
    }

    /// Everything that the client does before its commit.
    async fn prepare(&mut self, app: &mut App, deed: Deed) -> Tx {
        let container = app.open(CONTAINER).await;
        let tx = match deed {
            Deed::Transfer(isolation) => app.begin_with(isolation).await,
            _ => app.begin().await,
        };
        let mut accounts = Vec::new();
        for id in &self.ids[..if matches!(deed, Deed::TransferAfterReading) { 3 } else { 2 }] {
            accounts.push(app.resume(container, tx, id).await.unwrap().unwrap());
        }
        self.act(app, container, tx, deed, &accounts).await.unwrap();
        tx
    }

    async fn act(
        &mut self,
        app: &mut App,
        container: Container,
        tx: Tx,
        deed: Deed,
        accounts: &[Session],
    ) -> CallResult<()> {
        let (first, second) = (accounts[0], accounts[1]);
        match deed {
            Deed::Transfer(_) => transfer(app, first, second).await?,
            Deed::TransferAfterReading => {
                balance(app, accounts[2]).await?;
                transfer(app, first, second).await?;
            }
            Deed::TransferThatMerges => {
                transfer(app, first, second).await?;
                self.note_elsewhere().await;
            }
            Deed::OpenTwoAccounts => {
                self.create(app, container, tx, -5).await?;
                self.create(app, container, tx, 5).await?;
            }
            Deed::OpenOneAccount => {
                add(app, first, -5).await?;
                self.create(app, container, tx, 5).await?;
            }
            Deed::Renewal(grace) => self.ids.push(app.renew_id(first, grace).await?),
            Deed::RenewalWithTransfer => {
                self.ids.push(app.renew_id(first, None).await?);
                transfer(app, first, second).await?;
            }
            Deed::CloseAccount => close(app, first, second).await?,
        }
        Ok(())
    }

    async fn create(&mut self, app: &mut App, container: Container, tx: Tx, balance: i64) -> CallResult<()> {
        let account = app.create(container, tx).await?;
        self.ids.push(app.id(account).await);
        set_balance(app, account, balance).await
    }

    /// Lets another client commit a change of other keys in the same accounts.
    async fn note_elsewhere(&self) {
        for id in &self.ids[..2] {
            let (mut app, container, tx) = begin(self.world).await;
            let account = app.resume(container, tx, id).await.unwrap().unwrap();
            let data = app.package(account, "p").await.unwrap();
            app.set(data, "note", "true").await.unwrap();
            app.commit(tx).await.unwrap();
        }
    }

    async fn assert_others_continue(&self, deed: Deed, life: &Life) {
        self.assert_whole(deed).await;
        self.transfer_between_all().await;
        self.assert_whole(deed).await;
        life.deliver().await;
        self.assert_whole(deed).await;
        self.transfer_between_all().await;
        self.assert_whole(deed).await;
    }

    /// Asserts the number of accounts and the sum of their balances.
    async fn assert_whole(&self, deed: Deed) {
        let (mut app, container, tx) = begin(self.world).await;
        let accounts = self.accounts(&mut app, container, tx).await.unwrap();
        let mut balances = BTreeMap::new();
        for (id, &account) in &accounts {
            balances.insert(id, balance(&mut app, account).await.unwrap());
        }
        app.commit(tx).await.unwrap();
        let counts: &[usize] = match deed {
            Deed::OpenTwoAccounts => &[3, 5],
            Deed::OpenOneAccount => &[3, 4],
            Deed::CloseAccount => &[2, 3],
            _ => &[3],
        };
        let name = &self.name;
        assert!(counts.contains(&balances.len()), "{name}: {balances:?}");
        assert_eq!(balances.values().sum::<i64>(), 3 * OPENING, "{name}: {balances:?}");
    }

    /// All accounts that are alive, by their ids.
    async fn accounts(
        &self,
        app: &mut App,
        container: Container,
        tx: Tx,
    ) -> CallResult<BTreeMap<String, Session>> {
        let mut alive = BTreeMap::new();
        for id in &self.ids {
            match app.resume(container, tx, id).await {
                Ok(Some(account)) => drop(alive.insert(app.id(account).await, account)),
                Ok(None) | Err(Error::Ended(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(alive)
    }

    /// Transfers from one account to all others.
    async fn transfer_between_all(&self) {
        for _ in 0..ATTEMPTS {
            let (mut app, container, tx) = begin(self.world).await;
            let accounts = self.accounts(&mut app, container, tx).await.unwrap();
            let others = accounts.len() as i64 - 1;
            for (position, &account) in accounts.values().enumerate() {
                add(&mut app, account, if position == 0 { -others } else { 1 }).await.unwrap();
            }
            match app.commit(tx).await {
                Ok(()) => return,
                Err(Error::Conflict(_)) => {}
                Err(error) => panic!("{}: {error:?}", self.name),
            }
        }
        panic!("{}: the accounts cannot be used", self.name);
    }
}

/// Destroys an account after a transfer of its money to another one.
async fn close(app: &mut App, account: Session, heir: Session) -> CallResult<()> {
    let rest = balance(app, account).await?;
    add(app, heir, rest).await?;
    app.destroy(account).await
}

async fn transfer(app: &mut App, from: Session, to: Session) -> CallResult<()> {
    add(app, from, -10).await?;
    add(app, to, 10).await
}

async fn begin(world: &World) -> (App, Container, Tx) {
    let mut app = world.app().await;
    let (container, tx) = (app.open(CONTAINER).await, app.begin().await);
    (app, container, tx)
}
