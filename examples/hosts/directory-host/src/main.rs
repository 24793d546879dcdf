//! A wasmtime host with its own state and store, on top of `lovely_session_host`. It serves one request and exits, like
//! a CGI program, and keeps the sessions in a directory. So every run is a restart of the host.
//!
//! `directory` is the store, with its parts `contract` and `file`; `state` is the data of an instance; this file
//! connects them.

mod contract;
mod directory;
mod file;
mod state;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Request, Response};
use lovely_session_host::{SESSION_COMPONENT, add_to_linker, compose::compose};
use tokio::sync::oneshot;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result, Store, format_err};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::Proxy;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use directory::Directory;
use state::State;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(application), Some(directory)) = (arguments.next(), arguments.next()) else {
        return Err(format_err!("usage: directory-host APPLICATION.wasm DIRECTORY [COOKIE]"));
    };
    let sessions = Directory::open(PathBuf::from(directory))?;
    let request = Request::get("http://localhost/");
    let request = arguments.fold(request, |request, cookie| request.header("cookie", cookie));
    let response = answer(Path::new(&application), sessions, request.body(Empty::new())?).await?;
    print(response).await
}

/// Runs an application for one request, with its sessions in a directory.
async fn answer(
    application: &Path,
    sessions: Directory,
    request: Request<Empty<Bytes>>,
) -> Result<Response<HyperOutgoingBody>> {
    let engine = Engine::default();
    let component = Component::new(&engine, compose(&std::fs::read(application)?, SESSION_COMPONENT)?)?;
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    add_to_linker(&mut linker)?;

    let mut store = Store::new(&engine, State::new(Arc::new(sessions)));
    let (sender, receiver) = oneshot::channel();
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
    let out = store.data_mut().http().new_response_outparam(sender)?;
    let proxy = Proxy::instantiate_async(&mut store, &component, &linker).await?;
    proxy.wasi_http_incoming_handler().call_handle(&mut store, request, out).await?;
    Ok(receiver.await??)
}

async fn print(response: Response<HyperOutgoingBody>) -> Result<()> {
    let (head, body) = response.into_parts();
    println!("status: {}", head.status);
    for (name, value) in &head.headers {
        println!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    let body = body.collect().await?.to_bytes();
    println!("\n{}", String::from_utf8_lossy(&body).trim_end());
    Ok(())
}
