//! A real browser: headless Chromium with its own profile, controlled over WebDriver.

use crate::client::client_builder;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Flags that turn off what tests do not need, or what does not work in a container.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
];

/// The time limit for a page.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The key of an element's reference in WebDriver.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The colours that a person prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// A browser with one window and an empty profile. Both are gone when it is dropped.
pub struct Browser {
    driver: Driver,
    client: Client,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Opens a browser.
    ///
    /// # Panics
    ///
    /// When Chromium or its driver is missing, or does not start.
    pub async fn open() -> Self {
        let (driver, profile) = (Driver::start(), tempfile::tempdir().unwrap());
        let mut arguments = FLAGS.map(str::to_owned).to_vec();
        arguments.push("--window-size=760,960".to_owned());
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = json!({"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": TIMEOUT.as_millis()},
        }});
        let sessions = format!("http://{}/session", driver.address);
        let client = client_builder().no_proxy().build().unwrap();
        let begin = client.post(&sessions).body(json!({"capabilities": wanted}).to_string());
        let session = format!("{sessions}/{}", send(begin).await.unwrap()["sessionId"].as_str().unwrap());
        Self { driver, client, session, _profile: profile }
    }

    /// Loads the page at an address.
    pub async fn go_to(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// Loads a page of another site with this content.
    pub async fn go_to_foreign_page(&self, html: &str) {
        self.go_to(&format!("data:text/html;base64,{}", BASE64_STANDARD.encode(html))).await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.post("/refresh", json!({})).await;
    }

    /// Clicks the button of this name, and waits until it has loaded another page.
    ///
    /// # Panics
    ///
    /// When there is no such button, or it loads no page.
    pub async fn click(&self, button: &str) {
        let path = format!("//button[normalize-space() = '{button}' or @aria-label = '{button}']");
        let button = format!("/element/{}", self.find(&path).await);
        self.post(&format!("{button}/click"), json!({})).await;
        let began = Instant::now();
        while self.try_get(&format!("{button}/enabled")).await.is_ok() {
            assert!(began.elapsed() < TIMEOUT, "the button loads no page");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Replaces the text of the field with this label.
    pub async fn fill_in(&self, label: &str, text: &str) {
        let field = self.find(&format!("//label[normalize-space() = '{label}']//input")).await;
        self.post(&format!("/element/{field}/clear"), json!({})).await;
        self.post(&format!("/element/{field}/value"), json!({ "text": text })).await;
    }

    /// The visible text of the page.
    ///
    /// # Panics
    ///
    /// When the page has no body.
    pub async fn text(&self) -> String {
        let body = self.find("//body").await;
        self.get(&format!("/element/{body}/text")).await.as_str().unwrap().to_owned()
    }

    /// The value of a style property of the element at an XPath.
    ///
    /// # Panics
    ///
    /// When there is no such element.
    pub async fn style(&self, xpath: &str, property: &str) -> String {
        let element = self.find(xpath).await;
        self.get(&format!("/element/{element}/css/{property}")).await.as_str().unwrap().to_owned()
    }

    /// Shows the page as in a window of this width, in pixels, of a person with this colour scheme.
    pub async fn look(&self, width: u32, scheme: Scheme) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.develop("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.develop("Emulation.setEmulatedMedia", features).await;
    }

    /// Runs the body of a function in the page, and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []})).await
    }

    /// What the page and the browser have written to the console since the last call, as `SOURCE: MESSAGE`.
    ///
    /// # Panics
    ///
    /// When the driver keeps no log.
    pub async fn console(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({"type": "browser"})).await;
        let line =
            |it: &Value| format!("{}: {}", it["source"].as_str().unwrap(), it["message"].as_str().unwrap());
        log.as_array().unwrap().iter().map(line).collect()
    }

    /// Writes a picture of the window to a file, as PNG.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub async fn take_picture(&self, path: &Path) {
        let picture = self.get("/screenshot").await;
        std::fs::write(path, BASE64_STANDARD.decode(picture.as_str().unwrap()).unwrap()).unwrap();
    }

    /// Sends a command of Chromium's protocol for developers.
    async fn develop(&self, command: &str, parameters: Value) {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await;
    }

    async fn find(&self, xpath: &str) -> String {
        let found = self.post("/element", json!({"using": "xpath", "value": xpath})).await;
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str) -> Value {
        self.try_get(path).await.unwrap()
    }

    async fn try_get(&self, path: &str) -> Result<Value, String> {
        send(self.client.get(format!("{}{path}", self.session))).await
    }

    async fn post(&self, path: &str, parameters: Value) -> Value {
        let command = self.client.post(format!("{}{path}", self.session));
        send(command.body(parameters.to_string())).await.unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.driver.stop();
    }
}

/// Sends a command, and returns its value or its error.
async fn send(command: RequestBuilder) -> Result<Value, String> {
    let response = command.send().await.unwrap().text().await.unwrap();
    let mut response: Value = serde_json::from_str(&response).unwrap();
    let value = response["value"].take();
    if value["error"].is_null() { Ok(value) } else { Err(value.to_string()) }
}

/// How many times chromedriver is started until it has a port.
const MAX_STARTS: usize = 20;

/// A process of chromedriver.
struct Driver {
    process: Child,
    address: SocketAddr,
}

impl Driver {
    /// Starts chromedriver on a free port.
    ///
    /// It chooses a port that is free for IPv4, and then takes the same for IPv6, where it may be in use: then it ends, and
    /// another one is started.
    fn start() -> Self {
        (0..MAX_STARTS).find_map(|_| Self::try_start()).expect("chromedriver ended before it listened")
    }

    fn try_start() -> Option<Self> {
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let mut process = started.expect("chromedriver does not start: run `scripts/setup.sh` first");
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            if output.read_line(&mut line).unwrap() == 0 {
                process.wait().unwrap();
                return None;
            }
            if let Some((_, port)) = line.trim_end().split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().unwrap();
            }
        };
        Some(Self { process, address: SocketAddr::from(([127, 0, 0, 1], port)) })
    }

    /// Asks it to end its browser and itself: a driver that is killed leaves its browser running.
    fn stop(&mut self) {
        if TcpStream::connect(self.address).and_then(shut_down).is_err() {
            // Fails when the process has ended already.
            let _ended = self.process.kill();
        }
        let _status = self.process.wait();
    }
}

fn shut_down(mut driver: TcpStream) -> std::io::Result<usize> {
    driver.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    driver.read_to_end(&mut Vec::new())
}
