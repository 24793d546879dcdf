//! The bytes that a request makes the host hold in the resources of `wasi:http` and `wasi:filesystem`. They count toward
//! its memory limit.

use std::any::Any;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::{DynInputStream, ReaddirIterator};
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::bindings::http::types::{Method, Scheme};
use wasmtime_wasi_http::p2::body::{HostFutureTrailers, HostIncomingBody};
use wasmtime_wasi_http::p2::types::{HostIncomingResponse, HostOutgoingRequest, HostOutgoingResponse};

/// The largest write to the body of a response, in bytes.
pub(super) const BODY_CHUNK: usize = 64 << 10;

/// The largest size of the fields of one resource, with their overhead, in bytes.
pub(super) const LARGEST_FIELDS: usize = 128 << 10;

/// The largest size of a body before its reader takes it: a chunk, the chunk behind it, and the trailers.
pub(super) const BODY: usize = 2 * BODY_CHUNK + LARGEST_FIELDS;

/// The largest size of an outgoing request and its response while they are sent and received: the fields and the body
/// of the request, the head of the response, and a chunk of its body.
pub(super) const EXCHANGE: usize = LARGEST_FIELDS + BODY + 2 * BODY_CHUNK;

/// The largest size of what an input stream has read before the guest takes it.
pub(super) const INPUT: usize = 64 << 10;

/// The largest size of the trailers of a body that was received.
const TRAILERS: usize = 32 << 10;

/// What an open file or directory counts for. It is few bytes, but the process can have only so many of them; a list of
/// entries is as large as the directory.
pub(super) const OPEN_FILE: usize = 256 << 10;

/// The bytes of a field beside its name and value: its slot in a hash map, which can be half empty.
const FIELD_OVERHEAD: usize = 256;

/// The bytes that the resources in a table hold. A value that several of them share counts for each.
pub(super) fn held_in(table: &mut ResourceTable) -> usize {
    table.iter_mut().map(|entry| in_entry(entry)).sum()
}

fn in_entry(entry: &dyn Any) -> usize {
    if let Some(fields) = entry.downcast_ref::<FieldMap>() {
        in_fields(fields)
    } else if let Some(response) = entry.downcast_ref::<HostOutgoingResponse>() {
        in_fields(&response.headers) + response.body.as_ref().map_or(0, |_| BODY)
    } else if let Some(request) = entry.downcast_ref::<HostOutgoingRequest>() {
        in_request(request)
    } else if let Some(response) = entry.downcast_ref::<HostIncomingResponse>() {
        in_fields(&response.headers)
    } else if entry.is::<HostIncomingBody>() || entry.is::<HostFutureTrailers>() {
        TRAILERS
    } else if entry.is::<DynInputStream>() {
        INPUT
    } else if entry.is::<Descriptor>() || entry.is::<ReaddirIterator>() {
        OPEN_FILE
    } else {
        0
    }
}

fn in_request(request: &HostOutgoingRequest) -> usize {
    in_fields(&request.headers)
        + in_method(&request.method)
        + in_scheme(request.scheme.as_ref())
        + in_text(request.authority.as_ref())
        + in_text(request.path_with_query.as_ref())
        + request.body.as_ref().map_or(0, |_| BODY)
}

pub(super) fn in_fields(fields: &FieldMap) -> usize {
    fields.iter().map(|(name, value)| field(name.as_str(), value.as_bytes())).sum()
}

pub(super) fn field(name: &str, value: &[u8]) -> usize {
    name.len() + value.len() + FIELD_OVERHEAD
}

pub(super) fn in_method(method: &Method) -> usize {
    if let Method::Other(name) = method { name.len() } else { 0 }
}

pub(super) fn in_scheme(scheme: Option<&Scheme>) -> usize {
    if let Some(Scheme::Other(name)) = scheme { name.len() } else { 0 }
}

pub(super) fn in_text(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}
