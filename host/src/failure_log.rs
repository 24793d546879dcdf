//! What the failures of a store leave in the log, when the store does not log them itself: an application can hide
//! them from everybody.

use std::mem::{Discriminant, discriminant};
use std::time::Instant;

use lovely_session_key_value::{Error, Outcome};

use crate::log_limit::LogLimit;
use crate::log_targets::STORE;
use lovely_session_key_value::KeyValue;

/// Lines of one kind stand for each other, whatever the store, the keys and the texts of its errors are.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Kind {
    Call(&'static str, Discriminant<Error>),
    Write(Discriminant<Outcome>),
}

static LIMIT: LogLimit<Kind> = LogLimit::new();

/// Tells the log of a call, named here, that failed.
pub(crate) fn call_failed(store: &dyn KeyValue, call: &'static str, error: &Error) {
    if store.logs_failures() {
        return;
    }
    if let Some(left_out) = LIMIT.admit(Kind::Call(call, discriminant(error)), Instant::now()) {
        let reason = error.to_string();
        tracing::warn!(target: STORE, call, reason, left_out, "a call to the store failed");
    }
}

/// Tells the log of the first of these writes that was lost, if there is one.
pub(crate) fn written(store: &dyn KeyValue, outcomes: &[Outcome]) {
    let is_lost = |outcome: &&Outcome| matches!(outcome, Outcome::Unavailable | Outcome::Unknown);
    let Some(lost) = outcomes.iter().find(is_lost) else { return };
    if store.logs_failures() {
        return;
    }
    if let Some(left_out) = LIMIT.admit(Kind::Write(discriminant(lost)), Instant::now()) {
        let what = match lost {
            Outcome::Unavailable => "the store did not do a write",
            _ => "the store did not tell whether it did a write",
        };
        tracing::warn!(target: STORE, left_out, "{what}");
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use lovely_session_key_value::{Entry, Lifetime, Version, Write};

    use super::*;
    use crate::bindings::wit::{self, Host as _};
    use crate::linker::KeyValueCtx;

    /// A store that is away, and one of whose writes gets lost.
    struct Away {
        logs: bool,
    }

    #[async_trait]
    impl KeyValue for Away {
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

    /// The lines of the log after 500 reads and 500 writes of a component.
    async fn lines_of(store: Away) -> Vec<String> {
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
    async fn the_failures_of_a_store_that_does_not_log_them_leave_one_line_of_each_kind() {
        let lines = lines_of(Away { logs: false }).await;
        let [read, write] = &lines[..] else { panic!("{lines:#?}") };
        for words in ["WARN store: ", "call=\"read\"", "the network is\\ndown"] {
            assert!(read.contains(words), "{words} is not in {read}");
        }
        assert!(write.contains("WARN store: the store did not tell whether it did a write"), "{write}");
        assert!(!read.contains("secret"), "{read}");
    }

    #[tokio::test]
    async fn the_failures_of_a_store_that_logs_them_are_not_logged_twice() {
        assert_eq!(lines_of(Away { logs: true }).await, Vec::<String>::new());
    }
}
