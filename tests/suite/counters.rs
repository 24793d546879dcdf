//! Counters stay exact when many clients change one session concurrently.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_host::serve::{Application, Limits, Server};
use lovely_session_host::{Memcached, Turns};
use lovely_session_tests::app::Error;
use lovely_session_tests::client::client_builder;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::{World, long_timeouts};
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CLIENTS: usize = 64;
const INCREMENTS: usize = 50;

/// A visitor of a cart that several hosts serve with one memcached.
struct Visitor {
    hosts: Vec<String>,
    /// The URL of each host.
    turns: Vec<Turns>,
    cookie: String,
}

impl Visitor {
    /// Starts `hosts` hosts with this memcached, and begins a session on their site.
    async fn enter(memcached: &MemcachedServer, hosts: usize) -> Self {
        let cart = Application::load(&fs::read(env!("CART_WASM")).unwrap(), Limits::default()).unwrap();
        let mut newcomer = Self { hosts: Vec::new(), turns: Vec::new(), cookie: String::new() };
        for _ in 0..hosts {
            let address = memcached.address().parse().unwrap();
            let store = Memcached::connect(&[address], &long_timeouts()).await.unwrap();
            let server = Server::bind("127.0.0.1:0", cart.clone(), Arc::new(store)).await.unwrap();
            newcomer.hosts.push(format!("http://{}", server.local_addr()));
            newcomer.turns.push(server.turns().clone());
            tokio::spawn(server.run(std::future::pending()));
        }
        let response = newcomer.add_one(&client(), 0, "first").await;
        let cookie = response.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { cookie, ..newcomer }
    }

    fn host(&self, number: usize) -> &str {
        &self.hosts[number % self.hosts.len()]
    }

    /// Adds one, on one of the hosts. A response without success fails the test.
    async fn add_one(&self, client: &Client, host: usize, sku: &str) -> Response {
        let request = client.post(format!("{}/cart/items", self.host(host))).header(COOKIE, &self.cookie);
        let body = json!({"sku": sku, "qty": 1}).to_string();
        let response = request.header(CONTENT_TYPE, "application/json").body(body).send().await.unwrap();
        let status = response.status();
        assert_eq!(status, 200, "{}", response.text().await.unwrap());
        response
    }

    async fn cart(&self) -> Value {
        let request = client().get(format!("{}/cart", self.host(0))).header(COOKIE, &self.cookie);
        let body = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&body).unwrap()
    }
}

fn client() -> Client {
    client_builder().no_proxy().build().unwrap()
}

/// Lets all clients add one to their item, `times` times, each on one of the hosts. Prints how long that took.
async fn add_in_parallel(visitor: Visitor, times: usize, sku: impl Fn(usize) -> String) -> Arc<Visitor> {
    let visitor = Arc::new(visitor);
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (visitor, sku) = (Arc::clone(&visitor), sku(number));
        clients.spawn(async move {
            let client = client();
            for _ in 0..times {
                visitor.add_one(&client, number, &sku).await;
            }
        });
    }
    clients.join_all().await;
    println!("{CLIENTS} clients, {times} increments each: {:?}", begin.elapsed());
    visitor
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_that_add_to_one_item_are_all_counted_and_none_is_refused() {
    let memcached = MemcachedServer::start();
    let visitor = Visitor::enter(&memcached, 1).await;
    let visitor = add_in_parallel(visitor, INCREMENTS, |_| "apple".to_owned()).await;
    assert_eq!(visitor.cart().await["items"]["apple"], CLIENTS * INCREMENTS);
    assert!(visitor.turns[0].statistics().waits > 0, "nobody waited for a turn");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_that_add_different_items_are_all_counted_and_none_is_refused() {
    let memcached = MemcachedServer::start();
    let visitor = Visitor::enter(&memcached, 1).await;
    let visitor = add_in_parallel(visitor, 3, |number| format!("item-{number}")).await;
    let cart = visitor.cart().await;
    for number in 0..CLIENTS {
        assert_eq!(cart["items"][format!("item-{number}")], 3, "item {number}");
    }
}

/// Additions in any order merge, so none of them conflicts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_that_add_to_one_counter_never_conflict() {
    let world = Arc::new(World::memcached().await);
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(add_to_one_counter(Arc::clone(&world)));
    }
    clients.join_all().await;

    let mut app = world.app().await;
    let (container, tx) = (app.open("counters").await, app.begin().await);
    let session = app.resume(container, tx, "shared").await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    let sum = app.get(data, "n").await.unwrap();
    assert_eq!(sum, Some((CLIENTS * INCREMENTS).to_string()));
}

async fn add_to_one_counter(world: Arc<World>) {
    let mut app = world.app().await;
    let container = app.open("counters").await;
    for _ in 0..INCREMENTS {
        let tx = app.begin().await;
        let session = app.session(container, tx, "shared").await.unwrap();
        let data = app.package(session, "p").await.unwrap();
        app.add(data, "n", 1).await.unwrap();
        app.peek(data, "n").await.unwrap().unwrap();
        app.commit(tx).await.unwrap();
    }
}

/// Each client sets its own key and does not read the others, so all of them merge.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_writers_of_different_keys_never_conflict() {
    let world = Arc::new(World::memcached().await);
    let begin = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..CLIENTS {
        writers.spawn(write_own_key(Arc::clone(&world), format!("key-{writer}")));
    }
    let conflicts: usize = writers.join_all().await.into_iter().sum();
    let (reads, writes) = world.round_trips();
    let time = begin.elapsed();
    println!(
        "{CLIENTS} writers, {INCREMENTS} commits each: {time:?}, {conflicts} conflicts, {reads} reads, {writes} writes"
    );

    let mut app = world.app().await;
    let (container, tx) = (app.open("counters").await, app.begin().await);
    let session = app.resume(container, tx, "shared").await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    let entries = app.entries(data).await.unwrap();
    assert_eq!(entries.len(), CLIENTS);
    assert!(entries.iter().all(|(_, value)| *value == INCREMENTS.to_string()), "{entries:?}");
    assert_eq!(conflicts, 0, "merges are no business of the application");
}

/// Increments its key, and retries after conflicts. Returns the number of conflicts.
async fn write_own_key(world: Arc<World>, key: String) -> usize {
    let mut conflicts = 0;
    let mut app = world.app().await;
    let container = app.open("counters").await;
    for number in 1..=INCREMENTS {
        loop {
            let tx = app.begin().await;
            let session = app.session(container, tx, "shared").await.unwrap();
            let data = app.package(session, "p").await.unwrap();
            let old = app.get(data, &key).await.unwrap().map_or(0, |text| text.parse().unwrap());
            assert_eq!(old, number - 1, "{key}");
            app.set(data, &key, &number.to_string()).await.unwrap();
            match app.commit(tx).await {
                Ok(()) => break,
                Err(Error::Conflict(_)) => conflicts += 1,
                Err(error) => panic!("{key}: {error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    conflicts
}
