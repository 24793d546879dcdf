//! `lovely-session inspect`.

use lovely_session_core::store_key;
use lovely_session_tests::memcached::MemcachedServer;

use super::binary::{Ended, run};

const RECORD: &str = "{\"format\":2,\"life\":\"00112233445566ff\",\"marks\":\"\",\"created\":1700000000,\
                      \"saved\":1700000060,\"timeout\":3600,\"packages\":[[\"cart\",20],[\"user\",15]]}\n{\"apple\":2,\"pear\":1}\n{\"name\":\"Zoë\"}\n";

/// A memcached server with this record for the session `id` in the container `shop`.
fn memcached_with(record: &str) -> MemcachedServer {
    let server = MemcachedServer::start();
    let key = store_key("shop", "id").unwrap();
    server.put_stamped(&key, record);
    server
}

fn inspect(server: &MemcachedServer, container: &str, id: &str) -> Ended {
    run(["inspect", "--store", &format!("memcached://{}", server.address()), container, id])
}

#[test]
fn a_session_is_printed_with_all_its_packages() {
    let server = memcached_with(RECORD);
    let ended = inspect(&server, "shop", "id");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for wanted in [
        "begun      ",
        "changed    ",
        "time left  1 minute ",
        "it ends after 1 hour without activity",
        "2 packages",
        "\npackage cart\n  apple = 2\n  pear = 1\n",
        "\npackage user\n  name = \"Zoë\"\n",
    ] {
        assert!(ended.stdout.contains(wanted), "{wanted:?} is not in:\n{}", ended.stdout);
    }
}

#[test]
fn json_has_the_packages_with_their_values() {
    let server = memcached_with(RECORD);
    let store = format!("memcached://{}", server.address());
    let ended = run(["inspect", "--json", "--store", &store, "shop", "id"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let session: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        session["packages"],
        serde_json::json!({"cart": {"apple": 2, "pear": 1}, "user": {"name": "Zoë"}})
    );
    assert_eq!((&session["created"], &session["timeout"]), (&1_700_000_000.into(), &3600.into()));
    assert!(session["seconds_left"].as_u64().is_some_and(|left| left <= 100), "{session}");
}

#[test]
fn a_pending_change_is_printed_and_not_applied() {
    let pending = "\"pending\":{\"mark\":\"00000000000000a1\",\"primary\":\"ls1:shop:00\",\"expects\":\"01\",\
                   \"since\":1700000060,\"effect\":\"change\",\"packages\":[],\"removed\":[\"cart\"]},\"packages\"";
    let ended = inspect(&memcached_with(&RECORD.replace("\"packages\"", pending)), "shop", "id");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for wanted in [
        "\npending    a change of the package cart, ",
        " waits for the decision in ls1:shop:00\n",
        "\n  apple = 2\n",
    ] {
        assert!(ended.stdout.contains(wanted), "{wanted:?} is not in:\n{}", ended.stdout);
    }
}

#[test]
fn a_moved_session_is_printed_with_its_new_key() {
    let moved = "\"ended_until\":1700000120,\"moved_to\":[\"ls1:shop:00\",0],\"packages\":[]}\n";
    let (head, _) = RECORD.split_once("\"packages\"").unwrap();
    let ended = inspect(&memcached_with(&format!("{head}{moved}")), "shop", "id");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(
        ended.stdout.contains("\nstate      moved: it has a new id, with the key ls1:shop:00; "),
        "{}",
        ended.stdout
    );
}

#[test]
fn inspecting_a_session_neither_changes_it_nor_extends_its_lifetime() {
    let server = memcached_with(RECORD);
    let key = store_key("shop", "id").unwrap();
    let state = |flags: &str| server.command(&format!("mg {key} {flags}"));
    let before = state("c v");
    assert_eq!(inspect(&server, "shop", "id").code, Some(0));
    assert_eq!(state("c v"), before);
    let seconds_left: u32 = state("t").trim().trim_start_matches("HD t").parse().unwrap();
    assert!((1..=100).contains(&seconds_left), "{seconds_left} seconds are left");
}

#[test]
fn an_unknown_session_exits_with_6() {
    let server = memcached_with(RECORD);
    for (container, id) in [("shop", "another"), ("another", "id")] {
        let ended = inspect(&server, container, id);
        assert_eq!(ended.code, Some(6));
        assert!(ended.stderr.contains("there is no such session"), "{}", ended.stderr);
        assert!(ended.stderr.contains(&format!("`{container}`")), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn an_unreadable_record_exits_with_6_and_the_reason() {
    for (record, why) in [
        ("hello", "damaged"),
        ("{\"format\":9}\n", "unknown format 9"),
        ("{\"format\":1,\"nonces\":\"\"}\n", "unknown format 1"),
    ] {
        let ended = inspect(&memcached_with(record), "shop", "id");
        assert_eq!(ended.code, Some(6));
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
}

#[test]
fn invalid_names_exit_with_2() {
    let ended = run(["inspect", "--store", "memcached://127.0.0.1:1", "", "id"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

#[test]
fn sessions_in_memory_cannot_be_inspected() {
    let ended = run(["inspect", "--store", "memory:", "shop", "id"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("memcached://"), "{}", ended.stderr);
}
