//! Clients that die in the middle of a commit: at a chosen call to the store, with a chosen part of its writes sent.

use std::sync::{Arc, Mutex, PoisonError};

use lovely_session_host::{Entry, Error, KeyValue, Lifetime, Outcome, Write, async_trait};
use tokio::sync::Notify;

/// When a client dies, and which writes of its last call reach the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// The number of calls that still return. The client dies in the call after them.
    pub after: usize,
    /// The writes of the last call that are sent; bit 0 stands for the first. The others are held back.
    pub sent: u32,
}

/// More calls than any commit makes.
const MOST_CALLS: usize = 20;

/// Calls `die` with every possible death of a client, from its first call on, until the client survives. `die` returns
/// the number of writes in the client's last call, or none if the client survived. Returns the number of deaths.
///
/// # Panics
///
/// When a client makes no call, or more than any commit does.
pub async fn every_death(die: impl AsyncFn(Death) -> Option<usize>) -> usize {
    let mut deaths = 0;
    for after in 0..MOST_CALLS {
        let mut sent = 0;
        loop {
            let Some(writes) = die(Death { after, sent }).await else {
                assert!(deaths > 0, "the client made no call");
                return deaths;
            };
            deaths += 1;
            sent += 1;
            if sent >> writes != 0 {
                break;
            }
        }
    }
    panic!("the client made more than {MOST_CALLS} calls");
}

/// Controls the death of a client whose store is a [`Mortal`].
pub struct Life {
    store: Arc<dyn KeyValue>,
    death: Mutex<Option<Death>>,
    died: Notify,
    last: Mutex<LastCall>,
}

/// The call in which a client died.
#[derive(Default)]
struct LastCall {
    writes: usize,
    held_back: Vec<Write>,
}

impl Life {
    /// Lets the client die, at a call that is counted from now on.
    pub fn end(&self, death: Death) {
        *self.death.lock().unwrap_or_else(PoisonError::into_inner) = Some(death);
    }

    /// Runs the client's work. Returns none if the client dies in it; drop its instance then.
    pub async fn work<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            result = work => Some(result),
            () = self.died.notified() => None,
        }
    }

    /// The number of writes in the call in which the client died; 0 for a read.
    #[must_use]
    pub fn last_writes(&self) -> usize {
        self.last().writes
    }

    /// Sends the writes that were held back, as a slow network does. Their outcomes are dropped.
    pub async fn deliver(&self) {
        let writes = std::mem::take(&mut self.last().held_back);
        if !writes.is_empty() {
            // The client is dead, so the outcome is not used.
            let _ = self.store.write_many(writes).await;
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, LastCall> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, and returns the death if the client dies in it.
    fn last_call(&self) -> Option<Death> {
        let mut planned = self.death.lock().unwrap_or_else(PoisonError::into_inner);
        let death = planned.as_mut()?;
        if death.after == 0 {
            return Some(*death);
        }
        death.after -= 1;
        None
    }

    /// Ends the client: its call never returns.
    async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }
}

/// The store of a client that can die.
pub struct Mortal(Arc<Life>);

impl Mortal {
    /// Forwards the calls of a client to `store`. The client lives until [`Life::end`].
    pub fn over(store: Arc<dyn KeyValue>) -> (Self, Arc<Life>) {
        let (death, died) = (Mutex::default(), Notify::new());
        let life = Arc::new(Life { store, death, died, last: Mutex::default() });
        (Self(Arc::clone(&life)), life)
    }
}

#[async_trait]
impl KeyValue for Mortal {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        match self.0.last_call() {
            Some(_) => self.0.die().await,
            None => self.0.store.get_many(keys, touch).await,
        }
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        let Some(death) = self.0.last_call() else { return self.0.store.write_many(writes).await };
        let total = writes.len();
        let is_sent = |position: usize| {
            u32::try_from(position)
                .is_ok_and(|position| death.sent.checked_shr(position).unwrap_or(0) & 1 == 1)
        };
        let (sent, held_back): (Vec<_>, Vec<_>) =
            writes.into_iter().enumerate().partition(|(position, _)| is_sent(*position));
        let without_positions =
            |writes: Vec<(usize, Write)>| writes.into_iter().map(|(_, write)| write).collect();
        let sent: Vec<Write> = without_positions(sent);
        *self.0.last() = LastCall { writes: total, held_back: without_positions(held_back) };
        if !sent.is_empty() {
            // The client dies before it sees the outcome.
            let _ = self.0.store.write_many(sent).await;
        }
        self.0.die().await
    }
}
