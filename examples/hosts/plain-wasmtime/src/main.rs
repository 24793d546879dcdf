//! Runs sessions on wasmtime alone, without the host library of this project and without that of WASI: it uses only
//! `wit/` and the session component. It shows everything that a host in any language has to provide.
//!
//! `host` has the imports of the component, `records` is a store, and `shop` an application; this file links them.

mod bindings;
mod host;
mod records;
mod shop;

use std::path::Path;
use std::time::Duration;

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Result, Store, format_err};

use bindings::SessionComponent;
use host::Host;
use shop::Shop;

/// The timeout of a session, unless its container is opened with another.
const AN_HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<()> {
    let component = std::env::args_os().nth(1);
    let component = component.ok_or_else(|| format_err!("usage: plain-wasmtime SESSION-COMPONENT.wasm"))?;
    let mut shop = Shop::new(start(Path::new(&component))?);

    let id = shop.fill_cart()?;
    println!("after a rollback to the savepoint and the commit: {}", shop.show_cart(&id)?);
    println!("of two transactions that overlap, {}", shop.change_cart_twice_at_once(&id)?);
    println!("what the first of them committed: {}", shop.show_cart(&id)?);
    shop.host().put_clock_forward(AN_HOUR);
    println!("an hour later: {}", shop.show_cart(&id)?);
    let records = &shop.host().records;
    println!("the store was read {} times and written {} times", records.reads, records.writes);
    Ok(())
}

/// Compiles the session component, and makes an instance of it.
fn start(path: &Path) -> Result<(Store<Host>, SessionComponent)> {
    let engine = Engine::default();
    let component = Component::from_file(&engine, path)?;
    let mut linker = Linker::new(&engine);
    SessionComponent::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)?;
    let mut store = Store::new(&engine, Host::new()?);
    let sessions = SessionComponent::instantiate(&mut store, &component, &linker)?;
    Ok((store, sessions))
}
