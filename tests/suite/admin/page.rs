//! The page for operators, in a real browser.

use std::time::{Duration, Instant};

use lovely_session_tests::browser::{Browser, Scheme};
use lovely_session_tests::memcached::MemcachedServer;
use serde_json::{Value, json};

use super::Observed;
use super::visitors::Visitors;

/// The time limit for what the page is to show, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// Returns the elements of text whose contrast with what is behind them is below 4.5, the least that WCAG 2 accepts.
const PALE_TEXTS: &str = r"
    const channels = (color) => color.match(/[\d.]+/g).map(Number);
    const light = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
    const ground = (element) => {
        const color = channels(getComputedStyle(element).backgroundColor);
        return color[3] === 0 && element.parentElement ? ground(element.parentElement) : color;
    };
    const hasText = (element) => [...element.childNodes].some((it) => it.nodeType === 3 && it.data.trim() !== '');
    const shown = [...document.body.querySelectorAll('*')].filter((it) => hasText(it) && it.getClientRects().length > 0);
    return shown.flatMap((element) => {
        const style = getComputedStyle(element);
        const text = luminance(channels(element instanceof SVGElement ? style.fill : style.color));
        const behind = luminance(ground(element));
        const contrast = (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
        return contrast < 4.5 ? [`${element.textContent} (${contrast.toFixed(2)})`] : [];
    });
";

/// Returns the lines of plots that go below the axis, whose vertical position is 132.
const BELOW_ZERO: &str = r"
    const lines = [...document.querySelectorAll('figure path.line')].map((line) => line.getAttribute('d'));
    return lines.filter((line) => [...line.matchAll(/,([-\d.]+)/g)].some(([, y]) => Number(y) > 132));
";

/// An operator who looks at the page.
struct Operator(Browser);

impl Operator {
    async fn at(observed: &Observed) -> Self {
        let browser = Browser::open().await;
        browser.look(1400, Scheme::Light).await;
        browser.go_to(&format!("{}/", observed.admin)).await;
        Self(browser)
    }

    /// Waits until a script returns true.
    async fn wait_for(&self, script: &str) {
        let began = Instant::now();
        while self.0.run(&format!("return {script}")).await != Value::Bool(true) {
            if began.elapsed() > PATIENCE {
                panic!("{script} does not become true:\n{}", self.0.text().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until an element holds a text.
    async fn wait_to_see(&self, text: &str, selector: &str) {
        self.wait_for(&format!("document.querySelector({selector:?}).textContent.includes({text:?})")).await;
    }

    async fn text_of(&self, selector: &str) -> String {
        let text = self.0.run(&format!("return document.querySelector({selector:?}).textContent")).await;
        text.as_str().unwrap().to_owned()
    }

    /// Waits until the page shows more than so many requests a second.
    async fn wait_for_traffic(&self, least: u32) {
        self.wait_for(&format!("parseFloat(document.querySelector('#key-requests').textContent) > {least}"))
            .await;
    }
}

/// The row of a memcached server.
fn row(address: &str) -> String {
    format!(
        r#"[...document.querySelectorAll(".servers tbody tr")].find((row) => row.textContent.includes("{address}"))"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_shows_what_the_server_does_and_loads_nothing_from_elsewhere() {
    let (one, other) = (MemcachedServer::start(), MemcachedServer::start());
    let observed = Observed::start_on(&[&one, &other], &[]);
    let _visitors = Visitors::of(&observed);
    let operator = Operator::at(&observed).await;
    operator.wait_for_traffic(5).await;
    assert_eq!(operator.text_of("#state").await, "Serving");
    for figure in ["commits", "instances", "latency", "memory"] {
        operator
            .wait_for(&format!("/^[1-9]/.test(document.querySelector('#key-{figure}').textContent)"))
            .await;
    }
    operator.wait_to_see("counter", "#containers-rows").await;
    operator.wait_to_see("--max-requests", "#limits-rows").await;
    for server in [&one, &other] {
        let row = row(&server.address());
        operator.wait_for(&format!("{row}.querySelector('.badge').textContent === 'up'")).await;
        operator.wait_for(&format!(r"/[µm]s \/ .*[µm]s/.test({row}.cells[1].textContent)")).await;
        operator.wait_for(&format!("parseFloat({row}.cells[2].textContent) > 0")).await;
    }
    // Every series has a line, and the latencies of both servers.
    operator.wait_for("document.querySelectorAll('path.line[d*=L]').length > 20").await;
    let elsewhere = r"
        const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
        return loaded.length > 20 ? loaded.filter((name) => !name.startsWith(location.origin + '/')) : loaded;
    ";
    assert_eq!(operator.0.run(elsewhere).await, json!([]));
    assert_eq!(operator.0.console().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memcached_server_that_is_killed_is_away_with_advice_and_up_after_its_return() {
    let (stays, mut goes) = (MemcachedServer::start(), MemcachedServer::start());
    let observed = Observed::start_on(&[&stays, &goes], &[]);
    let _visitors = Visitors::of(&observed);
    let operator = Operator::at(&observed).await;
    operator.wait_for_traffic(5).await;
    let address = goes.address();
    let badge = format!("{}.querySelector('.badge').textContent", row(&address));
    goes.stop();
    operator.wait_for(&format!("{badge} === 'away'")).await;
    operator.wait_to_see("1 of 2 memcached servers is away", "#state").await;
    operator.wait_to_see(&address, "#detail").await;
    operator.wait_to_see(&address, "#errors .what").await;
    assert!(operator.text_of("#errors .advice").await.contains("Check that the server runs"));
    goes.restart();
    operator.wait_for(&format!("{badge} === 'up'")).await;
    operator.wait_for("document.querySelector('#state').textContent.startsWith('Serving')").await;
    assert_eq!(operator.0.console().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_said_and_the_page_goes_on_when_the_server_is_back() {
    let observed = Observed::start(&[]);
    let visitors = Visitors::of(&observed);
    let operator = Operator::at(&observed).await;
    operator.wait_for_traffic(5).await;
    drop(visitors);
    let admin = observed.admin.strip_prefix("http://").unwrap().to_owned();
    drop(observed);
    operator.wait_to_see("Lost the connection at ", "#state").await;
    operator.wait_to_see("it cannot be reached", "#detail").await;
    operator.wait_for("/^For [2-9] s/.test(document.querySelector('#detail').textContent)").await;
    let observed = Observed::start_at(&admin, &[]);
    operator.wait_to_see("Serving", "#state").await;
    let _visitors = Visitors::of(&observed);
    operator.wait_for_traffic(5).await;
    operator.wait_to_see("restart", ".restart-text").await;
    assert_eq!(operator.0.run(BELOW_ZERO).await, json!([]), "the counters began anew");
    let console = operator.0.console().await;
    assert!(console.iter().all(|line| line.starts_with("network: ")), "{console:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_read_in_light_and_dark_in_wide_and_narrow_windows() {
    let (stays, mut goes) = (MemcachedServer::start(), MemcachedServer::start());
    let observed = Observed::start_on(&[&stays, &goes], &[]);
    let _visitors = Visitors::of(&observed);
    let operator = Operator::at(&observed).await;
    operator.wait_for_traffic(5).await;
    goes.stop();
    operator.wait_to_see("away", "#state").await;
    operator.wait_to_see(&goes.address(), "#errors .what").await;
    let mut grounds = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        for width in [1400, 360] {
            operator.0.look(width, scheme).await;
            // Plots follow the width when the window is laid out.
            operator.wait_for("document.documentElement.scrollWidth <= innerWidth").await;
            assert_eq!(operator.0.run("return innerWidth").await, width);
            assert_eq!(operator.0.run(PALE_TEXTS).await, json!([]), "{scheme:?}, {width} pixels");
        }
        grounds.push(operator.0.style("//body", "background-color").await);
    }
    assert_ne!(grounds[0], grounds[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moment_is_read_in_all_plots_and_a_pause_holds_the_window() {
    let observed = Observed::start(&[]);
    let _visitors = Visitors::of(&observed);
    let operator = Operator::at(&observed).await;
    operator.wait_for_traffic(5).await;
    assert_eq!(operator.0.run("return document.querySelector('#store').hidden").await, true);
    operator.0.run("document.querySelector('#pause').click()").await;
    operator.wait_to_see("Paused at ", "#time").await;
    let press = "const plot = document.querySelector('[role=slider]'); plot.focus(); \
        plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }))";
    operator.0.run(press).await;
    operator.wait_to_see("Values at ", "#time").await;
    let marks = "return [...document.querySelectorAll('path.reading')].filter((it) => it.getAttribute('d') === '').length";
    assert_eq!(operator.0.run(marks).await, 0);
    let shown = operator.text_of("#time").await;
    assert!(operator.text_of("figure thead").await.contains(shown.strip_prefix("Values at ").unwrap()));
    let leave = "document.querySelector('[role=slider]').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' })); \
        document.querySelector('#pause').click()";
    operator.0.run(leave).await;
    operator.wait_for("document.querySelector('#time').textContent === ''").await;
}
