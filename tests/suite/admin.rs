//! What operators see of a server: health, metrics, traces and the log, from the real command.

pub mod collector;
mod health;
mod metrics;
mod page;
mod refusals;
mod session_log;
mod traces;
mod visitors;

use lovely_session_tests::binary::Serving;
use lovely_session_tests::client::client;
use lovely_session_tests::memcached::MemcachedServer;
use reqwest::{Client, Response};

/// The counter, served with an admin server.
pub struct Observed {
    serving: Serving,
    admin: String,
    client: Client,
}

impl Observed {
    /// Serves with sessions in memory, and with these arguments in addition.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_at("0", arguments)
    }

    /// The same, with the admin server at this address.
    pub fn start_at(admin: &str, arguments: &[&str]) -> Self {
        let fixed = ["--admin", admin, "--no-cache"];
        let serving = Serving::start_with(env!("COUNTER_WASM"), fixed.iter().chain(arguments));
        let admin = admin_url(serving.start_log());
        Self { serving, admin, client: client() }
    }

    /// Serves with sessions on these servers.
    pub fn start_on(servers: &[&MemcachedServer], arguments: &[&str]) -> Self {
        let addresses: Vec<_> = servers.iter().map(|server| server.address()).collect();
        let store = format!("memcached://{}", addresses.join(","));
        Self::start(&[&["--store", store.as_str()], arguments].concat())
    }

    /// Visits the application with a cookie, and returns the cookie of the response, or else the same.
    pub async fn visit(&self, cookie: Option<&str>) -> String {
        let request = self.client.get(self.serving.url("/"));
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let set = response.headers().get("set-cookie").map(|cookie| cookie.to_str().unwrap());
        let set = set.map(|cookie| cookie.split(';').next().unwrap().to_owned());
        set.or_else(|| cookie.map(str::to_owned)).unwrap()
    }

    /// Requests a path of the admin server.
    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.admin)).send().await.unwrap()
    }

    /// The metrics: the value of each line, by its name with its labels.
    pub async fn metrics(&self) -> Vec<(String, f64)> {
        let response = self.get("/metrics").await;
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        assert!(text.ends_with("# EOF\n"), "{text}");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| {
                let (name, value) = line.rsplit_once(' ').unwrap();
                (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
            })
            .collect()
    }

    /// The value of a metric with its labels; 0 if it is not there.
    pub async fn metric(&self, name: &str) -> f64 {
        let metrics = self.metrics().await;
        metrics.iter().find(|(found, _)| found == name).map_or(0.0, |(_, value)| *value)
    }
}

/// The URL in the line of the log that tells it, without the slash at its end.
pub fn admin_url(log: &str) -> String {
    let (_, rest) =
        log.split_once("metrics and the page at ").unwrap_or_else(|| panic!("no admin server: {log}"));
    let (url, _) = rest.split_once("/\n").or_else(|| rest.split_once("/\"")).unwrap();
    url.to_owned()
}
