//! The server: a real client, a real socket, and an application that misbehaves.

pub mod authority;
pub mod backend;
mod caching;
pub mod certificates;
mod connections;
mod crowds;
mod failures;
mod grants;
mod holding;
mod http2;
mod loading;
mod outgoing;
mod overload;
mod pools;
mod raw;
mod reloading;
mod request_bodies;
mod request_heads;
mod requests;
mod responses;
mod running;
mod slow_clients;
mod stopping;
mod streams;
mod threads;
mod tls;

/// Replaces names in a component by names of the same length, so that it stays valid.
pub fn with_names_replaced(mut component: Vec<u8>, old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let parts = component.windows(old.len()).enumerate();
    let positions: Vec<_> =
        parts.filter(|(_, part)| *part == old.as_bytes()).map(|(position, _)| position).collect();
    assert!(!positions.is_empty(), "the component does not contain {old:?}");
    for position in positions {
        component[position..position + old.len()].copy_from_slice(new.as_bytes());
    }
    component
}
