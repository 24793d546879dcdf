//! Requests that the admin server refuses, and addresses at which it cannot be.

use super::Observed;
use lovely_session_tests::binary::run;
use lovely_session_tests::client::client;

#[tokio::test]
async fn names_that_resolve_to_the_server_by_accident_or_by_malice_are_refused() {
    let observed = Observed::start(&["--admin-host", "metrics.internal"]);
    let get = async |host: &str| {
        let request = client().get(format!("{}/metrics", observed.admin)).header("host", host);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(get("evil.example").await, 421);
    assert_eq!(get("metrics.internal:9090").await, 200);
    assert_eq!(get("localhost:9090").await, 200);
}

#[tokio::test]
async fn pages_of_other_sites_cannot_read_anything() {
    let observed = Observed::start(&[]);
    for path in ["/", "/metrics", "/status", "/readyz"] {
        let request = client().get(format!("{}{path}", observed.admin));
        let response = request.header("sec-fetch-site", "cross-site").send().await.unwrap();
        assert_eq!(response.status(), 403, "{path}");
    }
    let response = observed.get("/metrics").await;
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    assert!(header("content-security-policy").starts_with("default-src 'none'; "));
    assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("cache-control"), "no-store");
    assert!(response.headers().get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn nothing_but_reading_is_supported() {
    let observed = Observed::start(&[]);
    let response = client().post(format!("{}/metrics", observed.admin)).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(observed.get("/etc/passwd").await.status(), 404);
}

#[test]
fn an_address_that_cannot_be_used_is_told_at_the_start() {
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let ended = run(["serve", env!("COUNTER_WASM"), "--addr", "127.0.0.1:0", "--admin", &address]);
    assert_eq!(ended.code, Some(5));
    assert!(ended.stderr.contains(&address) && ended.stderr.contains("another program"), "{}", ended.stderr);
    for bad in ["localhost", "99999", "-1"] {
        let ended = run(["serve", "app.wasm", &format!("--admin={bad}")]);
        assert_eq!(ended.code, Some(2), "{bad}");
        assert!(ended.stderr.contains("127.0.0.1:9090"), "{}", ended.stderr);
    }
    let arguments = ["serve", env!("COUNTER_WASM"), "--addr", "127.0.0.1:0"];
    for (bad, hint) in [("--otlp=collector:4318", "http://"), ("--trace-ratio=2", "from 0 to 1")] {
        let ended = run(arguments.iter().chain([&bad]));
        assert_eq!(ended.code, Some(2), "{bad}");
        assert!(ended.stderr.contains(hint), "{}", ended.stderr);
    }
}
