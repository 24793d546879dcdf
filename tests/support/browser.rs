//! A real browser: headless Chromium with a profile of its own, driven over WebDriver.

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

/// What nobody needs in a test, or cannot have in a container.
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

/// How long to wait for a page.
const PATIENCE: Duration = Duration::from_secs(20);

/// The key under which WebDriver gives the reference of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

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
            "timeouts": {"implicit": PATIENCE.as_millis()},
        }});
        let sessions = format!("http://{}/session", driver.address);
        let client = Client::builder().no_proxy().build().unwrap();
        let begin = client.post(&sessions).body(json!({"capabilities": wanted}).to_string());
        let session = format!("{sessions}/{}", send(begin).await.unwrap()["sessionId"].as_str().unwrap());
        Self { driver, client, session, _profile: profile }
    }

    /// Goes to an address, and waits until the page is there.
    pub async fn go_to(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// Goes to a page of another site, which has this content.
    pub async fn go_to_foreign_page(&self, html: &str) {
        self.go_to(&format!("data:text/html;base64,{}", BASE64_STANDARD.encode(html))).await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.post("/refresh", json!({})).await;
    }

    /// Clicks the button of this name, and waits until the page that it leads to takes the place of this one.
    ///
    /// # Panics
    ///
    /// When there is no such button, or it leads nowhere.
    pub async fn click(&self, button: &str) {
        let path = format!("//button[normalize-space() = '{button}' or @aria-label = '{button}']");
        let button = format!("/element/{}", self.find(&path).await);
        self.post(&format!("{button}/click"), json!({})).await;
        let began = Instant::now();
        while self.try_get(&format!("{button}/enabled")).await.is_ok() {
            assert!(began.elapsed() < PATIENCE, "the button leads nowhere");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types a text into the field of this label, in place of what is there.
    pub async fn fill_in(&self, label: &str, text: &str) {
        let field = self.find(&format!("//label[normalize-space() = '{label}']//input")).await;
        self.post(&format!("/element/{field}/clear"), json!({})).await;
        self.post(&format!("/element/{field}/value"), json!({ "text": text })).await;
    }

    /// The text that a person sees on the page.
    ///
    /// # Panics
    ///
    /// When the page has no body.
    pub async fn text(&self) -> String {
        let body = self.find("//body").await;
        self.get(&format!("/element/{body}/text")).await.as_str().unwrap().to_owned()
    }

    /// The value of a style property of the element that an XPath leads to.
    ///
    /// # Panics
    ///
    /// When there is no such element.
    pub async fn style(&self, xpath: &str, property: &str) -> String {
        let element = self.find(xpath).await;
        self.get(&format!("/element/{element}/css/{property}")).await.as_str().unwrap().to_owned()
    }

    /// Writes a picture of the window into a file, as PNG.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub async fn take_picture(&self, path: &Path) {
        let picture = self.get("/screenshot").await;
        std::fs::write(path, BASE64_STANDARD.decode(picture.as_str().unwrap()).unwrap()).unwrap();
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

/// Sends a command, and gives its value, or what is wrong.
async fn send(command: RequestBuilder) -> Result<Value, String> {
    let answer = command.send().await.unwrap().text().await.unwrap();
    let mut answer: Value = serde_json::from_str(&answer).unwrap();
    let value = answer["value"].take();
    if value["error"].is_null() { Ok(value) } else { Err(value.to_string()) }
}

/// A process of chromedriver.
struct Driver {
    process: Child,
    address: SocketAddr,
}

impl Driver {
    fn start() -> Self {
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let mut process = started.expect("chromedriver does not start: run `scripts/setup.sh` first");
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "chromedriver ended before it listened");
            if let Some((_, port)) = line.trim_end().split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().unwrap();
            }
        };
        Self { process, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// Has it end its browser and itself: a driver that is killed leaves its browser behind.
    fn stop(&mut self) {
        if TcpStream::connect(self.address).and_then(shut_down).is_err() {
            // It fails when the process has ended already, which is as well.
            let _ended = self.process.kill();
        }
        let _status = self.process.wait();
    }
}

fn shut_down(mut driver: TcpStream) -> std::io::Result<usize> {
    driver.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    driver.read_to_end(&mut Vec::new())
}
