//! `packaging/compose.yaml`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use lovely_session_tests::binary::Serving;
use lovely_session_tests::memcached::MemcachedServer;
use serde_json::Value;

use super::files::{flag, in_configuration, in_image, port, seconds, services, texts};
use super::{WORKSPACE, assert_only_the_application_is_missing};

/// A port that no process listens on, because it belongs to a protocol that is not used any more.
const UNUSED: u16 = 1;

#[test]
fn there_are_two_hosts_and_two_memcached_servers() {
    assert_eq!(services("host-").len(), 2);
    assert_eq!(services("memcached-").len(), 2);
    assert_eq!(services("").len(), 4);
}

#[test]
fn the_program_takes_the_command_line_of_each_host() {
    for host in services("host-").values() {
        let arguments: Vec<String> = texts(&host["command"]).into_iter().map(str::to_owned).collect();
        assert_only_the_application_is_missing(&arguments, "/applications/counter.wasm");
        assert_eq!(host["volumes"][0]["target"], "/applications");
        assert_eq!(host["volumes"][0]["read_only"], true);
    }
}

#[test]
fn memcached_takes_the_command_line_of_each_server() {
    for server in services("memcached-").values() {
        let command = texts(&server["command"]);
        assert_eq!(command[0], "memcached");
        assert!(MemcachedServer::start_with(&command[1..]).stats().contains_key("version"));
    }
}

#[test]
fn the_hosts_share_all_memcached_servers() {
    let servers: Vec<String> =
        services("memcached-").into_keys().map(|name| format!("{name}:11211")).collect();
    for host in services("host-").values() {
        assert_eq!(flag(host, "store"), format!("memcached://{}", servers.join(",")));
    }
}

#[test]
fn published_ports_lead_to_the_server_and_to_its_admin_server_which_only_this_machine_reaches() {
    let mut published = BTreeSet::new();
    for host in services("host-").values() {
        let (server, admin) = (port(flag(host, "addr")), port(flag(host, "admin")));
        assert_eq!(in_image("EXPOSE"), server);
        let ports = texts(&host["ports"]);
        let targets: Vec<&str> = ports.iter().map(|text| port(text)).collect();
        assert_eq!(targets, [server, admin]);
        assert!(ports[1].starts_with("127.0.0.1:"), "{}", ports[1]);
        let fresh =
            ports.iter().all(|text| published.insert(port(text.rsplit_once(':').unwrap().0).to_owned()));
        assert!(fresh, "{published:?}");
    }
    for server in services("memcached-").values() {
        assert_eq!(server.get("ports"), None);
    }
}

#[test]
fn a_host_is_built_from_the_recipe_of_the_image() {
    for host in services("host-").values() {
        let context = Path::new(WORKSPACE).join("packaging").join(host["build"]["context"].as_str().unwrap());
        assert!(context.join(host["build"]["dockerfile"].as_str().unwrap()).is_file());
    }
}

#[test]
fn a_container_is_stopped_later_than_the_server_stops() {
    for host in services("host-").values() {
        assert!(
            seconds(host["stop_grace_period"].as_str().unwrap()) > seconds(flag(host, "shutdown-timeout"))
        );
    }
    assert_eq!(in_configuration("shutdown-timeout").as_integer(), Some(30));
}

/// The health check of a host, for an admin server at this port.
fn is_healthy(host: &Value, admin: u16) -> bool {
    let check = texts(&host["healthcheck"]["test"]);
    assert_eq!(check[0], "CMD");
    let expected = format!("/{} ", port(flag(host, "admin")));
    assert!(check[3].contains(&expected), "{}", check[3]);
    // Compose replaces variables, and reads two dollars as one.
    let script = check[3].replace(&expected, &format!("/{admin} ")).replace("$$", "$");
    Command::new(check[1]).args([check[2], &script]).status().unwrap().success()
}

/// The port of the admin server, from the log.
fn admin_port(serving: &Serving) -> u16 {
    let (_, rest) = serving.start_log().split_once("the page at http://127.0.0.1:").unwrap();
    rest.split_once('/').unwrap().0.parse().unwrap()
}

fn start(store: &str) -> Serving {
    let arguments = ["--no-cache", "--admin", "0", "--wait-for-store", "--store", store];
    Serving::start_with(env!("COUNTER_WASM"), arguments)
}

#[test]
fn a_host_is_healthy_while_it_serves_and_its_store_replies() {
    let memcached = MemcachedServer::start();
    let serving = start(&format!("memcached://{}", memcached.address()));
    let without_store = start(&format!("memcached://127.0.0.1:{UNUSED}"));
    for host in services("host-").values() {
        assert!(is_healthy(host, admin_port(&serving)));
        assert!(!is_healthy(host, admin_port(&without_store)));
        assert!(!is_healthy(host, UNUSED));
    }
}
