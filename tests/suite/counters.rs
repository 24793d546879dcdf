//! Counters stay exact, however many clients change one session at the same time.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_host::Memcached;
use lovely_session_host::serve::{Application, Limits, Server};
use lovely_session_tests::app::Error;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::{World, patient};
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CLIENTS: usize = 64;
const INCREMENTS: usize = 50;

/// How long a client waits when the site is too busy; longer each time in a row.
const PATIENCE: Duration = Duration::from_millis(150);

/// A visitor of a cart that is served from a memcached. Clones are the same visitor, on connections of their own.
#[derive(Clone)]
struct Visitor {
    site: String,
    cookie: String,
}

impl Visitor {
    /// Starts a site on this memcached, and enters it.
    async fn enter(memcached: &MemcachedServer) -> Self {
        let address = memcached.address().parse().unwrap();
        let store = Memcached::connect(&[address], &patient()).await.unwrap();
        let cart = Application::load(&fs::read(env!("CART_WASM")).unwrap(), Limits::default()).unwrap();
        let server = Server::bind("127.0.0.1:0", cart, Arc::new(store)).await.unwrap();
        let site = format!("http://{}", server.local_addr());
        tokio::spawn(server.run(std::future::pending()));
        let newcomer = Self { site, cookie: String::new() };
        let answer = newcomer.post(&client(), "first").await;
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { cookie, ..newcomer }
    }

    async fn post(&self, client: &Client, sku: &str) -> reqwest::Response {
        let request = client.post(format!("{}/cart/items", self.site)).header(COOKIE, &self.cookie);
        let body = json!({"sku": sku, "qty": 1}).to_string();
        request.header(CONTENT_TYPE, "application/json").body(body).send().await.unwrap()
    }

    /// Adds one, until that succeeds; answers how often the site was too busy.
    async fn add_one(&self, client: &Client, sku: &str) -> u32 {
        let mut refused = 0;
        loop {
            let answer = self.post(client, sku).await;
            match answer.status().as_u16() {
                200 => return refused,
                503 => refused += 1,
                status => panic!("{status}: {}", answer.text().await.unwrap()),
            }
            tokio::time::sleep(PATIENCE * refused).await;
        }
    }

    async fn cart(&self) -> Value {
        let request = client().get(format!("{}/cart", self.site)).header(COOKIE, &self.cookie);
        let body = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&body).unwrap()
    }
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// Lets all clients add one to their item so many times, and prints how that went.
async fn add_in_parallel(visitor: &Visitor, times: usize, sku: impl Fn(usize) -> String) {
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (visitor, sku) = (visitor.clone(), sku(number));
        clients.spawn(async move {
            let client = client();
            let mut refused = 0;
            for _ in 0..times {
                refused += visitor.add_one(&client, &sku).await;
            }
            refused
        });
    }
    let refused: u32 = clients.join_all().await.into_iter().sum();
    let time = begin.elapsed();
    println!("{CLIENTS} clients, {times} increments each: {time:?}, {refused} answers of 503");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_who_add_to_one_item_are_all_counted() {
    let memcached = MemcachedServer::start();
    let visitor = Visitor::enter(&memcached).await;
    add_in_parallel(&visitor, INCREMENTS, |_| "apple".to_owned()).await;
    assert_eq!(visitor.cart().await["items"]["apple"], CLIENTS * INCREMENTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_who_add_an_item_of_their_own_are_all_counted() {
    let memcached = MemcachedServer::start();
    let visitor = Visitor::enter(&memcached).await;
    add_in_parallel(&visitor, 3, |number| format!("item-{number}")).await;
    let cart = visitor.cart().await;
    for number in 0..CLIENTS {
        assert_eq!(cart["items"][format!("item-{number}")], 3, "item {number}");
    }
}

/// Whatever the order, every add counts, and none of them is in another's way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_who_add_to_one_counter_never_meet_a_conflict() {
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

/// Each sets a key of its own without looking at the others, so all of them fit together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_writers_with_a_key_of_their_own_never_meet_a_conflict() {
    let world = Arc::new(World::memcached().await);
    let begin = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..CLIENTS {
        writers.spawn(write_own_key(Arc::clone(&world), format!("key-{writer}")));
    }
    let conflicts: usize = writers.join_all().await.into_iter().sum();
    let (reads, writes) = world.trips();
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

/// Counts its key up; answers how many commits were refused because of a conflict, after which it tries again.
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
