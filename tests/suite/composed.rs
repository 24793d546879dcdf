//! The session component joined with a store, for hosts that do not provide one.

use std::fs;

use lovely_session_host::compose::with_store;
use lovely_session_host::{KV_MEMCACHED, SESSION_COMPONENT};
use lovely_session_tests::app::{App, Error};
use lovely_session_tests::binary::run;
use lovely_session_tests::bytes::contains;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::{World, long_timeouts};
use tempfile::tempdir;
use wasmtime::Engine;
use wasmtime::component::Component;

fn composed() -> Vec<u8> {
    with_store(SESSION_COMPONENT, KV_MEMCACHED).unwrap()
}

#[test]
fn it_imports_only_wasi_and_exports_sessions() {
    let engine = Engine::default();
    let component = Component::from_binary(&engine, &composed()).unwrap();
    let world = component.component_type();
    let imports: Vec<_> = world.imports(&engine).map(|(name, _)| name.to_owned()).collect();
    assert!(imports.iter().all(|name| name.starts_with("wasi:") && name.contains("@0.2.")), "{imports:?}");
    assert!(!imports.iter().any(|name| name.starts_with("wasi:filesystem/")), "{imports:?}");
    let mut exports: Vec<_> = world.exports(&engine).map(|(name, _)| name.to_owned()).collect();
    exports.sort();
    let names = ["observation", "sessions", "transactions"];
    assert_eq!(exports, names.map(|name| format!("lovely:session/{name}@0.1.0")));
}

#[test]
fn the_components_in_it_are_unchanged() {
    let composed = composed();
    assert!(contains(&composed, SESSION_COMPONENT));
    assert!(contains(&composed, KV_MEMCACHED));
}

/// Increments a counter in a session, and returns the count.
async fn count_up(app: &mut App) -> Result<u64, Error> {
    let (container, tx) = (app.open("counts").await, app.begin().await);
    let session = app.session(container, tx, "s").await?;
    let package = app.package(session, "p").await?;
    let count = app.get(package, "n").await?.map_or(0, |text| text.parse::<u64>().unwrap()) + 1;
    app.set(package, "n", &count.to_string()).await?;
    app.commit(tx).await?;
    Ok(count)
}

#[tokio::test]
async fn it_shares_sessions_with_a_host_that_provides_a_store() {
    let server = MemcachedServer::start();
    let component = Component::from_binary(&Engine::default(), &composed()).unwrap();
    let world = World::at(&server.address(), &long_timeouts()).await;
    let address = server.address();
    let environment = [("LOVELY_SESSION_MEMCACHED", address.as_str())];
    let mut on_wasi = App::start_on_wasi(&component, &environment).await;
    let mut on_the_host = world.app().await;
    for count in [1, 3, 5] {
        assert_eq!(count_up(&mut on_wasi).await.unwrap(), count);
        assert_eq!(count_up(&mut on_the_host).await.unwrap(), count + 1);
    }
}

#[tokio::test]
async fn of_two_transactions_on_one_session_the_second_conflicts() {
    let server = MemcachedServer::start();
    let component = Component::from_binary(&Engine::default(), &composed()).unwrap();
    let address = server.address();
    let environment = [("LOVELY_SESSION_MEMCACHED", address.as_str())];
    let mut slow = App::start_on_wasi(&component, &environment).await;
    let mut quick = App::start_on_wasi(&component, &environment).await;
    count_up(&mut quick).await.unwrap();
    let (container, tx) = (slow.open("counts").await, slow.begin().await);
    let session = slow.session(container, tx, "s").await.unwrap();
    let package = slow.package(session, "p").await.unwrap();
    assert_eq!(slow.get(package, "n").await.unwrap().as_deref(), Some("1"));
    slow.set(package, "n", "2").await.unwrap();
    count_up(&mut quick).await.unwrap();
    assert!(matches!(slow.commit(tx).await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn without_configuration_the_error_names_what_is_missing() {
    let component = Component::from_binary(&Engine::default(), &composed()).unwrap();
    let mut app = App::start_on_wasi(&component, &[]).await;
    let Err(Error::Store(text)) = count_up(&mut app).await else { panic!("there is no store") };
    assert!(text.contains("LOVELY_SESSION_MEMCACHED is not set"), "{text}");
}

#[test]
fn the_command_composes_it_and_applications_with_it() {
    let directory = tempdir().unwrap();
    let output = directory.path().join("composed.wasm");
    let written = |arguments: &[&str]| {
        let ended = run(arguments.iter().copied().chain(["--output", output.to_str().unwrap()]));
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        fs::read(&output).unwrap()
    };
    assert!(written(&["compose"]) == SESSION_COMPONENT);
    assert!(written(&["compose", "--store", "memcached"]) == composed());

    let store = directory.path().join("store.wasm");
    fs::write(&store, KV_MEMCACHED).unwrap();
    assert!(written(&["compose", "--store", store.to_str().unwrap()]) == composed());

    let application = written(&["compose", env!("COUNTER_WASM"), "--store", "memcached"]);
    let engine = Engine::default();
    let component = Component::from_binary(&engine, &application).unwrap();
    let world = component.component_type();
    assert!(
        world.imports(&engine).all(|(name, _)| name.starts_with("wasi:")),
        "only WASI is left to the host"
    );
    assert!(world.exports(&engine).any(|(name, _)| name.starts_with("wasi:http/incoming-handler@")));
}

#[test]
fn components_that_cannot_be_composed_are_refused_with_the_reason() {
    let directory = tempdir().unwrap();
    let (text, output) = (directory.path().join("text.wasm"), directory.path().join("out.wasm"));
    fs::write(&text, "(component)").unwrap();
    let (text, output) = (text.to_str().unwrap(), output.to_str().unwrap());
    let cases: [(&[&str], &str, i32); 5] = [
        (&["--store", "no-such-file.wasm", "--output", output], "cannot read `no-such-file.wasm`", 3),
        (&["--store", text, "--output", output], "it is text", 3),
        (&["--store", env!("COUNTER_WASM"), "--output", output], "but not `lovely:session/key-value`", 3),
        (&[text, "--store", "memcached", "--output", output], "it is text", 3),
        (&["--store", "memcached", "--output", "no/such/directory/out.wasm"], "cannot write", 1),
    ];
    for (arguments, reason, code) in cases {
        let ended = run(["compose"].iter().chain(arguments));
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(reason), "{arguments:?}: {}", ended.stderr);
    }
}
