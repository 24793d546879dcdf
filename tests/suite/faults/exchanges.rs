//! The round trips of a call to the store on the network.

use lovely_session_tests::app::Session;
use lovely_session_tests::proxy::{Fault, Proxy};
use lovely_session_tests::world::World;

use super::trouble::Trouble;

const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_to_the_store_is_one_round_trip_to_the_server() {
    let trouble = Trouble::start().await;
    let (world, proxy) = (&trouble.world, trouble.proxy());
    // The first iteration gives the container its generation, and the second finds what the first has stored.
    for (round, commit) in [5, 3].into_iter().enumerate() {
        let mut app = world.app().await;
        let (container, tx) = (app.open("exchanges").await, app.begin().await);
        let spent = Spent::since(proxy);
        let sessions = app.session_many(container, tx, &IDS).await.unwrap();
        assert_eq!(spent.exchanges(), 1, "round {round}: a load of {} sessions", IDS.len());
        for session in &sessions {
            let data = app.package(*session, "p").await.unwrap();
            app.set(data, "k", &round.to_string()).await.unwrap();
        }
        assert_eq!(spent.exchanges(), 1, "round {round}: nothing is sent before the commit");
        app.commit(tx).await.unwrap();
        let expected = 1 + commit;
        assert_eq!(spent.exchanges(), expected, "round {round}: the commit of {} sessions", IDS.len());

        let tx = app.begin().await;
        let session: Session = app.resume(container, tx, "a").await.unwrap().unwrap();
        assert_eq!(spent.exchanges(), expected + 1, "round {round}: a load of one session");
        let data = app.package(session, "p").await.unwrap();
        app.set(data, "other", &round.to_string()).await.unwrap();
        app.commit(tx).await.unwrap();
        assert_eq!(spent.exchanges(), expected + 2, "round {round}: the commit of one session");
    }
    assert_eq!(world.round_trips(), (4, 9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_on_a_connection_that_is_cut_is_either_not_done_or_found_again() {
    let trouble = Trouble::start().await;
    store_one(&trouble.world).await;
    for (round, fault) in
        [Fault::CutRequests { after: 20 }, Fault::CutReplies { after: 1 }, Fault::DropReplies]
            .into_iter()
            .enumerate()
    {
        let mut app = trouble.world.app().await;
        let (container, tx) = (app.open("cut").await, app.begin().await);
        let session = app.create(container, tx).await.unwrap();
        let id = app.id(session).await;
        let data = app.package(session, "p").await.unwrap();
        app.set(data, "k", "1").await.unwrap();
        trouble.proxy().set(fault);
        let result = app.commit(tx).await;
        trouble.proxy().set(Fault::None);
        assert!(result.is_err(), "round {round}: nothing can be found out while the fault lasts");
        let tx = app.begin().await;
        let stored = app.resume(container, tx, &id).await.unwrap().is_some();
        assert_eq!(stored, round > 0, "round {round}: {result:?}");
    }
}

/// Stores a session, so that the container has its generation.
async fn store_one(world: &World) {
    let mut app = world.app().await;
    let (container, tx) = (app.open("cut").await, app.begin().await);
    let session = app.create(container, tx).await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "1").await.unwrap();
    app.commit(tx).await.unwrap();
}

/// Counts round trips since a moment.
struct Spent<'a> {
    proxy: &'a Proxy,
    before: usize,
}

impl<'a> Spent<'a> {
    fn since(proxy: &'a Proxy) -> Self {
        Self { proxy, before: proxy.round_trips() }
    }

    fn exchanges(&self) -> usize {
        self.proxy.round_trips() - self.before
    }
}
