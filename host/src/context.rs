//! The calls of one instance to its store.

use std::fmt;
use std::sync::Arc;

use lovely_session_key_value::{KeyValue, Lifetime, Write};

use crate::bindings::wit;
use crate::call_log::{CallInProgress, CallKind, CallLog, CallResult};
use crate::failure_log;
use crate::turn_queues::InstanceTurns;

/// Connects the components in a [`wasmtime::Store`] with a [`KeyValue`] store.
///
/// Put one into the data of each [`wasmtime::Store`], and return it from [`KeyValueView`](crate::KeyValueView). It
/// costs little to make. A context from [`Turns::context`](crate::Turns::context) makes instances that race for one
/// session take turns; dropping it ends the turns of its instance.
pub struct KeyValueCtx {
    store: Arc<dyn KeyValue>,
    turns: Option<InstanceTurns>,
    call_log: Option<CallLog>,
}

impl KeyValueCtx {
    /// A context for `store`, without turns.
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store, turns: None, call_log: None }
    }

    /// A context for `store`, with turns.
    pub(crate) fn with_turns(store: Arc<dyn KeyValue>, turns: InstanceTurns) -> Self {
        Self { store, turns: Some(turns), call_log: None }
    }

    /// The same context, which notes its calls in `call_log`.
    #[must_use]
    pub fn with_call_log(self, call_log: CallLog) -> Self {
        Self { call_log: Some(call_log), ..self }
    }
}

impl fmt::Debug for KeyValueCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyValueCtx").finish_non_exhaustive()
    }
}

impl wit::Host for KeyValueCtx {
    async fn get_many(
        &mut self,
        keys: Vec<String>,
        touch: Option<wit::Lifetime>,
    ) -> Result<Vec<Option<wit::Entry>>, wit::Error> {
        let mut noted = self.call_log.as_ref().map(|log| log.begin(CallKind::Read, keys.len()));
        if let Some(turns) = &mut self.turns {
            turns.before_read(&keys, touch.is_some()).await;
        }
        noted.iter_mut().for_each(CallInProgress::send);
        let entries = self.store.get_many(keys, touch.map(Lifetime::from)).await;
        if let Some(noted) = noted {
            noted.end(entries.as_ref().map_or_else(CallResult::of_error, |_| CallResult::Done));
        }
        let entries = entries.inspect_err(|error| failure_log::call_failed(&*self.store, "read", error))?;
        Ok(entries.into_iter().map(|entry| entry.map(wit::Entry::from)).collect())
    }

    async fn write_many(&mut self, writes: Vec<wit::Write>) -> Result<Vec<wit::Outcome>, wit::Error> {
        let writes: Vec<Write> = writes.into_iter().map(Write::from).collect();
        let sent = self.turns.as_ref().map(|turns| turns.before_write(&writes));
        let noted = self.call_log.as_ref().map(|log| log.begin(CallKind::Write, writes.len()));
        let outcomes = self.store.write_many(writes).await;
        if let Some(noted) = noted {
            let result = outcomes.as_deref();
            noted.end(result.map_or_else(CallResult::of_error, CallResult::of_outcomes));
        }
        let outcomes =
            outcomes.inspect_err(|error| failure_log::call_failed(&*self.store, "write", error))?;
        failure_log::written(&*self.store, &outcomes);
        if let Some((turns, sent)) = self.turns.as_mut().zip(sent) {
            turns.after_write(sent, &outcomes);
        }
        Ok(outcomes.into_iter().map(wit::Outcome::from).collect())
    }
}

lovely_session_key_value::conversions!(wit);

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use async_trait::async_trait;
    use lovely_session_key_value::{Entry, Error, Outcome, Version};

    use super::*;
    use crate::bindings::wit::Host as _;

    /// A store whose reads fail, and whose second write has an unknown outcome.
    struct FailingStore {
        logs: bool,
    }

    #[async_trait]
    impl KeyValue for FailingStore {
        async fn get_many(&self, _: Vec<String>, _: Option<Lifetime>) -> Result<Vec<Option<Entry>>, Error> {
            Err(Error::Unavailable("the network is\ndown".into()))
        }

        async fn write_many(&self, _: Vec<Write>) -> Result<Vec<Outcome>, Error> {
            Ok(vec![Outcome::Applied(Version::of_nothing()), Outcome::Unknown])
        }

        fn logs_failures(&self) -> bool {
            self.logs
        }
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The log lines after 500 reads and 500 writes of a component.
    async fn lines_of(store: FailingStore) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
        let _logging = tracing::subscriber::set_default(subscriber);
        let mut component = KeyValueCtx::new(Arc::new(store));
        for _ in 0..500 {
            let read = component.get_many(vec!["secret-key".into()], None).await;
            assert!(matches!(read, Err(wit::Error::Unavailable(_))));
            assert_eq!(component.write_many(Vec::new()).await.unwrap().len(), 2);
        }
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        log.lines().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn failures_of_a_store_that_does_not_log_them_are_logged_once_for_each_kind() {
        let lines = lines_of(FailingStore { logs: false }).await;
        let [read, write] = &lines[..] else { panic!("{lines:#?}") };
        for words in ["WARN store: ", "call=\"read\"", "the network is\\ndown"] {
            assert!(read.contains(words), "{words} is not in {read}");
        }
        assert!(write.contains("WARN store: the store did not report whether it did a write"), "{write}");
        assert!(!read.contains("secret"), "{read}");
    }

    #[tokio::test]
    async fn failures_of_a_store_that_logs_them_are_not_logged_again() {
        assert_eq!(lines_of(FailingStore { logs: true }).await, Vec::<String>::new());
    }
}
