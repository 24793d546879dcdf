//! The table in `docs/reference.md` of what happens to two requests of one visitor that overlap: each line is what happens.

use lovely_session_tests::app::{App, Error, Isolation, Tx};
use lovely_session_tests::world::World;

mod several_sessions;

const REFERENCE: &str = include_str!("../../docs/reference.md");

const ISOLATIONS: [Isolation; 3] = [Isolation::Serializable, Isolation::Snapshot, Isolation::LastWriterWins];

/// What a request does with the session, after it has begun its transaction.
#[derive(Clone, Copy)]
enum Step {
    /// Sets a key without reading it.
    Set(&'static str, &'static str),
    /// Reads a key and sets it to one more.
    CountUp(&'static str),
    /// Sets the first key to what it reads in the second.
    CopyFrom(&'static str, &'static str),
    /// Sets the first key to what it peeks at in the second.
    CopyPeeked(&'static str, &'static str),
    /// Peeks at the first key, and sets the second.
    ShowAndSet(&'static str, &'static str),
    /// Adds 2 to a counter.
    Add(&'static str),
    /// Reads a key.
    Read(&'static str),
    Clear,
    LogOut,
}
use Step::{Add, Clear, CopyFrom, CopyPeeked, CountUp, LogOut, Read, Set, ShowAndSet};

/// What is there before.
const BEFORE: [(&str, &str); 3] = [("n", "1"), ("a", "1"), ("b", "2")];

const LINES: [(&str, Step, Step); 14] = [
    ("sets one key, and the other sets another", Set("x", "1"), Set("y", "2")),
    ("sets a key, and so does the other", Set("x", "1"), Set("x", "2")),
    ("counts up, and so does the other", CountUp("n"), CountUp("n")),
    ("copies `a` to `b`, and the other `b` to `a`", CopyFrom("b", "a"), CopyFrom("a", "b")),
    ("sets a key, and the other clears the package", Set("x", "1"), Clear),
    ("sets a key, and the other only reads it", Set("n", "5"), Read("n")),
    ("logs out, and the other sets a key", LogOut, Set("x", "1")),
    ("adds to a counter, and so does the other", Add("n"), Add("n")),
    ("sets a counter, and the other adds to it", Set("n", "5"), Add("n")),
    ("adds to a counter, and the other sets it", Add("n"), Set("n", "5")),
    ("adds to a counter, and the other counts it up", Add("n"), CountUp("n")),
    ("sets `a`, and the other peeks at `a` and sets `b`", Set("a", "5"), ShowAndSet("a", "b")),
    ("sets `a`, and the other peeks at `a` and sets it, too", Set("a", "5"), ShowAndSet("a", "a")),
    ("copies `a` to `b` by a peek, and the other `b` to `a`", CopyPeeked("b", "a"), CopyPeeked("a", "b")),
];

#[tokio::test]
async fn the_reference_tells_what_happens_to_two_requests_at_the_same_time() {
    for (text, first, second) in LINES {
        let mut line = format!("| {text} |");
        for isolation in ISOLATIONS {
            line += &format!(" {} |", happens(isolation, first, second).await);
        }
        assert!(REFERENCE.contains(&line), "docs/reference.md lacks this line, which is true:\n{line}");
    }
}

async fn happens(isolation: Isolation, first: Step, second: Step) -> &'static str {
    let orders = [
        after_one_another(isolation, first, second).await,
        after_one_another(isolation, second, first).await,
    ];
    let mut visitor = Visitor::new(isolation).await;
    let one = visitor.begin(&[first]).await.unwrap();
    let other = visitor.begin(&[second]).await.unwrap();
    visitor.app.commit(one).await.unwrap();
    match visitor.app.commit(other).await {
        Ok(()) if orders.contains(&visitor.state().await) => "both commit",
        Ok(()) => "both commit, as if neither had seen the other",
        Err(Error::Conflict(_)) => "the second conflicts",
        Err(Error::Ended(_)) => "the second gets `ended`",
        Err(error) => panic!("{error:?}"),
    }
}

async fn after_one_another(isolation: Isolation, first: Step, second: Step) -> State {
    let mut visitor = Visitor::new(isolation).await;
    for step in [first, second] {
        match visitor.begin(&[step]).await {
            Ok(tx) => visitor.app.commit(tx).await.unwrap(),
            Err(error) => assert!(matches!(error, Error::Ended(_)), "{error:?}"),
        }
    }
    visitor.state().await
}

type State = Vec<(String, String)>;

struct Visitor {
    app: App,
    isolation: Isolation,
}

impl Visitor {
    async fn new(isolation: Isolation) -> Self {
        let mut visitor = Self { app: World::memory().await.app().await, isolation };
        let tx = visitor.begin(&BEFORE.map(|(key, value)| Set(key, value))).await.unwrap();
        visitor.app.commit(tx).await.unwrap();
        visitor
    }

    /// Begins a transaction and takes steps in it.
    async fn begin(&mut self, steps: &[Step]) -> Result<Tx, Error> {
        let app = &mut self.app;
        let (container, tx) = (app.open("visitors").await, app.begin_with(self.isolation).await);
        let session = app.session(container, tx, "visitor").await?;
        for step in steps {
            let data = app.package(session, "p").await.unwrap();
            match *step {
                Set(key, value) => app.set(data, key, value).await.unwrap(),
                CountUp(key) => {
                    let count: u32 =
                        app.get(data, key).await.unwrap().map_or(0, |text| text.parse().unwrap());
                    app.set(data, key, &(count + 1).to_string()).await.unwrap();
                }
                CopyFrom(to, from) => {
                    let value = app.get(data, from).await.unwrap().unwrap();
                    app.set(data, to, &value).await.unwrap();
                }
                CopyPeeked(to, from) => {
                    let value = app.peek(data, from).await.unwrap().unwrap();
                    app.set(data, to, &value).await.unwrap();
                }
                ShowAndSet(shown, key) => {
                    app.peek(data, shown).await.unwrap();
                    app.set(data, key, "7").await.unwrap();
                }
                Add(key) => app.add(data, key, 2).await.unwrap(),
                Read(key) => drop(app.get(data, key).await.unwrap()),
                Clear => app.clear(data).await.unwrap(),
                LogOut => app.destroy(session).await.unwrap(),
            }
        }
        Ok(tx)
    }

    /// What the session holds.
    async fn state(&mut self) -> State {
        let (container, tx) = (self.app.open("visitors").await, self.app.begin().await);
        let session = match self.app.resume(container, tx, "visitor").await {
            Ok(session) => session.unwrap(),
            Err(error) => {
                assert!(matches!(error, Error::Ended(_)), "{error:?}");
                return State::new();
            }
        };
        let data = self.app.package(session, "p").await.unwrap();
        let mut entries = self.app.entries(data).await.unwrap();
        entries.sort();
        entries
    }
}
