//! A cart in a session of tower-sessions, with the requests of `examples/cart` that benches/report/load/site.rs sends.
//! `GET /about` tells what this is. Usage: site MEMCACHED PORT

use std::collections::BTreeMap;
use std::error::Error;
use std::net::Ipv4Addr;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router, serve};
use lovely_session_peer_axum::{MemcachedStore, NAME};
use mimalloc::MiMalloc;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower_sessions::{Session, SessionManagerLayer};

/// The allocator of `lovely-session serve`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const CART: &str = "cart";

/// Quantities by SKU.
type Items = BTreeMap<String, u32>;

#[derive(Deserialize)]
struct Addition {
    sku: String,
    qty: u32,
}

#[derive(Serialize)]
struct Cart {
    items: Items,
    count: u64,
}

impl From<Items> for Cart {
    fn from(items: Items) -> Self {
        Self { count: items.values().copied().map(u64::from).sum(), items }
    }
}

/// A failure of the store.
struct Failed;

impl axum::response::IntoResponse for Failed {
    fn into_response(self) -> axum::response::Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl From<tower_sessions::session::Error> for Failed {
    fn from(_: tower_sessions::session::Error) -> Self {
        Self
    }
}

async fn show(session: Session) -> Result<Json<Cart>, Failed> {
    let items: Items = session.get(CART).await?.unwrap_or_default();
    Ok(Json(items.into()))
}

async fn add(session: Session, Json(added): Json<Addition>) -> Result<Json<Cart>, Failed> {
    let mut items: Items = session.get(CART).await?.unwrap_or_default();
    *items.entry(added.sku).or_default() += added.qty;
    session.insert(CART, &items).await?;
    Ok(Json(items.into()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let memcached = arguments.next().ok_or("which memcached?")?;
    let port: u16 = arguments.next().ok_or("which port?")?.parse()?;
    let sessions = SessionManagerLayer::new(MemcachedStore::on(memcached).await?).with_secure(false);
    let site = Router::new()
        .route("/cart", get(show))
        .route("/cart/items", post(add))
        .layer(sessions)
        .route("/about", get(|| async { NAME }));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    serve(
        axum::serve::ListenerExt::tap_io(listener, |stream| {
            // What `serve` of lovely-session does, too.
            let _only_slower = stream.set_nodelay(true);
        }),
        site,
    )
    .await?;
    Ok(())
}
