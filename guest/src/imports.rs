//! The environment of the core: the component's imports.

use ::core::time::Duration;
use alloc::string::String;
use alloc::vec::Vec;

use lovely_session_core as core;

use crate::bindings::lovely::session::key_value as wit;
use crate::bindings::wasi::clocks::wall_clock;
use crate::bindings::wasi::random::random;
use crate::observation::Calls;

/// The component's imports, for one transaction.
#[derive(Default)]
pub struct Imports {
    calls: Calls,
}

impl core::Store for Imports {
    fn get_many(
        &self,
        keys: &[String],
        touch: Option<core::Lifetime>,
    ) -> Result<Vec<Option<core::Entry>>, core::StoreError> {
        self.calls.count();
        let entries = wit::get_many(keys, touch.map(Into::into))?;
        if entries.len() != keys.len() {
            return Err(core::StoreError::Other("the store returned the wrong number of entries".into()));
        }
        Ok(entries.into_iter().map(|found| found.map(Into::into)).collect())
    }

    fn write_many(&self, writes: Vec<core::Write>) -> Result<Vec<core::Outcome>, core::StoreError> {
        let writes: Vec<_> = writes.into_iter().map(Into::into).collect();
        self.calls.count();
        let outcomes = wit::write_many(&writes)?;
        Ok(outcomes.into_iter().map(Into::into).collect())
    }
}

impl core::Clock for Imports {
    fn now(&self) -> Duration {
        let now = wall_clock::now();
        Duration::new(now.seconds, now.nanoseconds)
    }
}

impl core::Observer for Imports {
    fn transaction_ended(&self, report: core::Report) {
        self.calls.keep(report);
    }
}

impl core::Random for Imports {
    fn fill(&self, buffer: &mut [u8]) {
        // Numbers, because bytes would come as a list that has to be allocated.
        for chunk in buffer.chunks_mut(8) {
            let bytes = random::get_random_u64().to_ne_bytes();
            chunk.iter_mut().zip(bytes).for_each(|(target, byte)| *target = byte);
        }
    }
}

lovely_session_key_value::conversions!(wit);
