//! A queue of limited length and time, for what has a limited number of slots.
//!
//! A queue that comes and goes levels out bursts, and waiting in it is worth the time. One that stands makes every
//! request slower and serves none more. So in a queue that has stood for as long as one may wait, one waits a tenth of
//! that. (This is the rule of CoDel, as servers use it.)

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::limits::Limits;

/// The part of the time that one waits in a queue that stands.
const STANDING: u32 = 10;

/// Waits for slots. With more waiting than its length, or for longer than its time, the server is busy.
#[derive(Clone)]
pub(super) struct Queue {
    places: Arc<Semaphore>,
    length: usize,
    time: Duration,
    /// When someone last entered the empty queue.
    stands_since: Arc<Mutex<Instant>>,
}

/// There is no slot, and none can be expected soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Busy;

impl Queue {
    pub(super) fn new(limits: &Limits) -> Self {
        let length = count(limits.waiting);
        let stands_since = Arc::new(Mutex::new(Instant::now()));
        Self { places: Arc::new(Semaphore::new(length)), length, time: limits.waiting_time, stands_since }
    }

    /// A place in the queue, to wait in; none if it is full.
    pub(super) fn enter(&self) -> Result<Waiting, Busy> {
        let is_first = self.places.available_permits() == self.length;
        let place = self.places.clone().try_acquire_owned().map_err(|_full| Busy)?;
        let mut since = self.stands_since.lock().unwrap_or_else(PoisonError::into_inner);
        if is_first {
            *since = Instant::now();
        }
        let time = if since.elapsed() > self.time { self.time / STANDING } else { self.time };
        Ok(Waiting { _place: place, time })
    }

    /// Takes a slot, and waits for it if there is none. The slots are given in the order of the calls.
    pub(super) async fn wait_for(&self, slots: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Busy> {
        match slots.clone().try_acquire_owned() {
            Ok(slot) => Ok(slot),
            Err(_none_is_free) => self.enter()?.wait_for(slots).await,
        }
    }
}

/// A place in a queue.
pub(super) struct Waiting {
    _place: OwnedSemaphorePermit,
    time: Duration,
}

impl Waiting {
    pub(super) async fn wait_for(self, slots: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Busy> {
        match timeout(self.time, slots.clone().acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            // The semaphores of the server are never closed.
            Ok(Err(_)) | Err(_) => Err(Busy),
        }
    }
}

/// A number of permits.
pub(super) fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS)
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const TIME: Duration = Duration::from_millis(500);

    /// Waits in vain. Returns how long.
    async fn wait(queue: Queue) -> Duration {
        let begun = Instant::now();
        assert!(queue.wait_for(&Arc::new(Semaphore::new(0))).await.is_err());
        begun.elapsed()
    }

    #[tokio::test]
    async fn a_queue_that_stands_is_left_soon_and_another_one_is_not() {
        let queue = Queue::new(&Limits { waiting: 1000, waiting_time: TIME, ..Limits::default() });
        let begun = Instant::now();
        let first = tokio::spawn(wait(queue.clone()));
        let mut others = Vec::new();
        while begun.elapsed() < TIME + TIME / 2 {
            others.push(tokio::spawn(wait(queue.clone())));
            sleep(TIME / 50).await;
        }
        assert!(wait(queue.clone()).await < TIME);
        assert!(first.await.unwrap() >= TIME);
        for other in others {
            other.await.unwrap();
        }
        // Nobody waits any more.
        assert!(wait(queue).await >= TIME);
    }

    #[tokio::test]
    async fn those_who_find_the_queue_full_do_not_wait() {
        let queue = Queue::new(&Limits { waiting: 1, waiting_time: TIME, ..Limits::default() });
        let place = queue.enter().unwrap();
        assert_eq!(queue.wait_for(&Arc::new(Semaphore::new(0))).await.err(), Some(Busy));
        assert!(queue.wait_for(&Arc::new(Semaphore::new(1))).await.is_ok());
        drop(place);
    }
}
