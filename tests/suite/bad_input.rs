//! Invalid input from an application: a typed error, never a trap, and nothing is changed.

use lovely_session_tests::app::{App, Container, ContainerOptions, DEFAULTS, Error, NameKind, Session, Tx};
use lovely_session_tests::world::World;

on_every_store!(
    a_text_that_is_not_json_is_refused,
    adding_to_a_value_that_is_not_a_counter_fails,
    empty_and_huge_names_are_refused,
    unusual_names_are_kept_unchanged,
    options_out_of_range_are_refused,
    handles_of_a_finished_transaction_return_finished,
    a_savepoint_acts_on_its_own_transaction_only,
    handles_may_be_dropped_in_any_order,
    a_transaction_over_a_thousand_sessions_is_refused,
);

async fn begin(world: &World) -> (App, Container, Tx, Session) {
    let mut app = world.app().await;
    let container = app.open("bad input").await;
    let tx = app.begin().await;
    let session = app.session(container, tx, "s").await.unwrap();
    (app, container, tx, session)
}

async fn a_text_that_is_not_json_is_refused(world: World) {
    let (mut app, _, tx, session) = begin(&world).await;
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "1").await.unwrap();
    for bad in ["", " ", "{", "{'a': 1}", "[1,]", "nul", "1 2", "\"\u{1}\"", "\"open", "NaN", "undefined"] {
        let refused = app.set(data, "k", bad).await;
        assert!(
            matches!(refused, Err(Error::InvalidJson(ref why)) if why.key == "k"),
            "{bad:?}: {refused:?}"
        );
        let refused = app.update(data, &[("a", "1"), ("b", bad), ("c", "1")]).await;
        assert!(
            matches!(refused, Err(Error::InvalidJson(ref why)) if why.key == "b"),
            "{bad:?}: {refused:?}"
        );
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    app.set(data, "deep", &deep).await.unwrap();
    assert_eq!(app.get(data, "deep").await.unwrap(), Some(deep));
    assert_eq!(app.keys(data).await.unwrap(), ["deep", "k"]);
    assert_eq!(app.get(data, "k").await.unwrap().as_deref(), Some("1"));
    app.commit(tx).await.unwrap();
}

async fn adding_to_a_value_that_is_not_a_counter_fails(world: World) {
    let (mut app, _, tx, session) = begin(&world).await;
    let data = app.package(session, "p").await.unwrap();
    for (text, number, held) in [
        ("\"1\"", 1, None),
        ("1.5", 1, None),
        ("9007199254740991", 1, Some(9_007_199_254_740_991)),
        ("-1", i64::MIN, Some(-1)),
    ] {
        app.set(data, "k", text).await.unwrap();
        let refused = app.add(data, "k", number).await;
        let Err(Error::NotACounter(why)) = refused else { panic!("{text}: {refused:?}") };
        assert_eq!((why.package.as_str(), why.key.as_str(), why.held, why.added), ("p", "k", held, number));
        assert_eq!(app.peek(data, "k").await.unwrap().as_deref(), Some(text));
    }
    app.set(data, "k", "-9007199254740991").await.unwrap();
    app.add(data, "k", 2 * 9_007_199_254_740_991).await.unwrap();
    app.commit(tx).await.unwrap();
    let tx = app.begin().await;
    let container = app.open("bad input").await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    assert_eq!(app.peek_entries(data).await.unwrap(), [("k".to_owned(), "9007199254740991".to_owned())]);
}

async fn empty_and_huge_names_are_refused(world: World) {
    let (mut app, container, tx, session) = begin(&world).await;
    let data = app.package(session, "p").await.unwrap();
    let huge = "ж".repeat(5 * 1024);
    for bad in ["", huge.as_str()] {
        let about = |kind: NameKind| {
            move |error: Error| match error {
                Error::InvalidName(why) => {
                    why.kind == kind && why.length as usize == bad.len() && why.limit > 0
                }
                _ => false,
            }
        };
        let (key, package) = (about(NameKind::Key), about(NameKind::Package));
        assert!(key(app.get(data, bad).await.unwrap_err()));
        assert!(key(app.peek(data, bad).await.unwrap_err()));
        assert!(key(app.add(data, bad, 1).await.unwrap_err()));
        assert!(key(app.set(data, bad, "1").await.unwrap_err()));
        assert!(key(app.remove(data, bad).await.unwrap_err()));
        assert!(key(app.contains(data, bad).await.unwrap_err()));
        assert!(key(app.update(data, &[("good", "1"), (bad, "1")]).await.unwrap_err()));
        assert!(package(app.package(session, bad).await.unwrap_err()));
        assert!(package(app.remove_package(session, bad).await.unwrap_err()));
        let id = about(NameKind::SessionId);
        assert!(id(app.session(container, tx, bad).await.unwrap_err()));
        assert!(id(app.resume(container, tx, bad).await.unwrap_err()));
        assert!(id(app.session_many(container, tx, &["good", bad]).await.unwrap_err()));
        assert!(about(NameKind::Container)(app.open_with(bad, DEFAULTS).await.unwrap_err()));
    }
    assert_eq!(app.joined(container, tx).await.unwrap(), ["s"]);
    assert_eq!(app.len(data).await.unwrap(), 0);
}

async fn unusual_names_are_kept_unchanged(world: World) {
    let names =
        [" ", "a b", "line\nend", "\r\nset x 0 0 1", "\u{0}\u{7f}", "ключ 🛒", "\"\\", "__proto__", "../.."];
    for name in names {
        let mut app = world.app().await;
        let container = app.open(name).await;
        let tx = app.begin().await;
        let session = app.session(container, tx, name).await.unwrap();
        let data = app.package(session, name).await.unwrap();
        app.set(data, name, "{\"a\": [1]}").await.unwrap();
        app.commit(tx).await.unwrap();
        let tx = app.begin().await;
        let session = app.resume(container, tx, name).await.unwrap().unwrap();
        assert_eq!(app.id(session).await, name);
        assert_eq!(app.packages(session).await.unwrap(), [name]);
        let data = app.package(session, name).await.unwrap();
        let expected = [(name.to_owned(), "{\"a\": [1]}".to_owned())];
        assert_eq!(app.entries(data).await.unwrap(), expected);
    }
}

async fn options_out_of_range_are_refused(world: World) {
    let mut app = world.app().await;
    for (options, name) in [
        (ContainerOptions { timeout: Some(u32::MAX), ..DEFAULTS }, "timeout"),
        (ContainerOptions { timeout: Some(315_360_001), ..DEFAULTS }, "timeout"),
        (ContainerOptions { resolution: Some(u32::MAX), ..DEFAULTS }, "resolution"),
        (ContainerOptions { remember_ended: Some(0), ..DEFAULTS }, "remember-ended"),
        (ContainerOptions { remember_ended: Some(86_401), ..DEFAULTS }, "remember-ended"),
    ] {
        let refused = app.open_with("c", options).await;
        assert!(matches!(&refused, Err(Error::InvalidOption(why)) if why.name == name), "{refused:?}");
    }
    let tiny = ContainerOptions { max_size: Some(0), ..DEFAULTS };
    let container = app.open_with("c", tiny).await.unwrap();
    let tx = app.begin().await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.set(data, "k", "1").await.unwrap();
    assert!(matches!(app.commit(tx).await, Err(Error::TooLarge(_))));
}

async fn handles_of_a_finished_transaction_return_finished(world: World) {
    for ending in ["commit", "abort", "drop"] {
        let (mut app, container, tx, session) = begin(&world).await;
        let data = app.package(session, "p").await.unwrap();
        let savepoint = app.savepoint(tx).await.unwrap();
        match ending {
            "commit" => app.commit(tx).await.unwrap(),
            "abort" => app.abort(tx).await.unwrap(),
            _ => app.drop_handle(tx).await,
        }
        macro_rules! finished {
            ($($call:expr),* $(,)?) => {
                $(assert!(matches!($call.await, Err(Error::Finished)), "{} after {ending}", stringify!($call));)*
            };
        }
        finished!(
            app.get(data, "k"),
            app.set(data, "k", "1"),
            app.set(data, "k", "not json"),
            app.remove(data, "k"),
            app.contains(data, "k"),
            app.keys(data),
            app.entries(data),
            app.len(data),
            app.clear(data),
            app.update(data, &[]),
            app.is_new(session),
            app.last_accessed(session),
            app.package(session, "p"),
            app.packages(session),
            app.remove_package(session, "p"),
            app.destroy(session),
            app.renew_id(session, None),
            app.rollback(savepoint),
            app.release(savepoint),
        );
        assert_eq!(app.id(session).await, "s", "the id can still be sent to the client");
        if ending != "drop" {
            finished!(
                app.commit(tx),
                app.abort(tx),
                app.savepoint(tx),
                app.session(container, tx, "s"),
                app.session_many(container, tx, &[]),
                app.resume(container, tx, "s"),
                app.create(container, tx),
                app.joined(container, tx),
            );
        }
    }
}

async fn a_savepoint_acts_on_its_own_transaction_only(world: World) {
    // A savepoint belongs to its transaction, so it cannot be passed to another one. Here both run interleaved in one
    // instance.
    let (mut app, container, tx, session) = begin(&world).await;
    let other = app.begin().await;
    let other_session = app.session(container, other, "s").await.unwrap();
    let (mine, theirs) =
        (app.package(session, "p").await.unwrap(), app.package(other_session, "p").await.unwrap());
    let savepoint = app.savepoint(tx).await.unwrap();
    let theirs_savepoint = app.savepoint(other).await.unwrap();
    app.set(mine, "k", "1").await.unwrap();
    app.set(theirs, "k", "2").await.unwrap();
    app.rollback(savepoint).await.unwrap();
    assert_eq!(app.get(mine, "k").await.unwrap(), None);
    assert_eq!(app.get(theirs, "k").await.unwrap().as_deref(), Some("2"));
    app.abort(tx).await.unwrap();
    assert!(matches!(app.rollback(savepoint).await, Err(Error::Finished)));
    app.rollback(theirs_savepoint).await.unwrap();
    app.commit(other).await.unwrap();
}

async fn handles_may_be_dropped_in_any_order(world: World) {
    // The container first, then the session, with the package still in use.
    let (mut app, container, tx, session) = begin(&world).await;
    let data = app.package(session, "p").await.unwrap();
    app.drop_handle(container).await;
    app.drop_handle(session).await;
    app.set(data, "k", "1").await.unwrap();
    let savepoint = app.savepoint(tx).await.unwrap();
    app.drop_handle(savepoint).await;
    app.commit(tx).await.unwrap();
    app.drop_handle(tx).await;
    assert!(matches!(app.get(data, "k").await, Err(Error::Finished)));
    app.drop_handle(data).await;

    // The transaction first: its edits are discarded.
    let (mut app, container, tx, session) = begin(&world).await;
    let data = app.package(session, "p").await.unwrap();
    let savepoint = app.savepoint(tx).await.unwrap();
    app.set(data, "k", "2").await.unwrap();
    app.drop_handle(tx).await;
    app.drop_handle(savepoint).await;
    app.drop_handle(data).await;
    app.drop_handle(session).await;
    let tx = app.begin().await;
    let session = app.session(container, tx, "s").await.unwrap();
    let data = app.package(session, "p").await.unwrap();
    assert_eq!(app.get(data, "k").await.unwrap().as_deref(), Some("1"));
}

async fn a_transaction_over_a_thousand_sessions_is_refused(world: World) {
    let (mut app, container, tx, _) = begin(&world).await;
    let ids: Vec<String> = (0..1000).map(|number| format!("session {number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert!(matches!(app.session_many(container, tx, &ids).await, Err(Error::TooManySessions(1000))));
    assert_eq!(app.session_many(container, tx, &ids[1..]).await.unwrap().len(), 999);
    assert!(matches!(app.session(container, tx, "one more").await, Err(Error::TooManySessions(1000))));
    assert!(matches!(app.create(container, tx).await, Err(Error::TooManySessions(1000))));
    app.commit(tx).await.unwrap();
}
