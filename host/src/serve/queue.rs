//! A queue of limited length and time, for what has a limited number of slots.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::limits::Limits;

/// Waits for slots. With more waiting than its length, or for longer than its time, the server is busy.
#[derive(Clone)]
pub(super) struct Queue {
    places: Arc<Semaphore>,
    time: Duration,
}

/// There is no slot, and none can be expected soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Busy;

impl Queue {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { places: Arc::new(Semaphore::new(count(limits.waiting))), time: limits.waiting_time }
    }

    /// A place in the queue, to wait in; none if it is full.
    pub(super) fn enter(&self) -> Result<Waiting, Busy> {
        let place = self.places.clone().try_acquire_owned().map_err(|_full| Busy)?;
        Ok(Waiting { _place: place, time: self.time })
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
