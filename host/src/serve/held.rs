//! What a request makes the host hold in the resources of `wasi:http` counts toward its memory.
//!
//! wasmtime bounds each of these resources and how many of them there are, but not what they are together: header
//! fields, bodies that nobody sends, and addresses of requests. So the functions by which they grow are replaced
//! by ones that first take the bytes from the request's budget. Nothing is given back when a resource goes:
//! instead, when the budget is used up, what is still there is counted anew.

use std::any::Any;

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentNamedList, Lift, Linker, LinkerInstance, Lower, Resource, ResourceTable};
use wasmtime_wasi_http::p2::HeaderResult;
use wasmtime_wasi_http::p2::bindings::http::types::{
    HeaderError, Host, HostFields, HostOutgoingRequest as RequestHost, HostOutgoingResponse as ResponseHost,
    Method, Scheme,
};
use wasmtime_wasi_http::p2::types::{HostOutgoingRequest, HostOutgoingResponse};
use wasmtime_wasi_http::{FieldMap, WasiHttpCtxView, WasiHttpView};

use super::state::RequestState;

/// The instance in the linker whose functions are replaced.
const TYPES: &str = "wasi:http/types@0.2.12";

/// The most bytes that one write to the body of an answer may have.
pub(super) const BODY_CHUNK: usize = 64 << 10;

/// The most bytes that the fields of one resource may have, with their overhead.
pub(super) const LARGEST_FIELDS: usize = 128 << 10;

/// What a body can hold that nobody reads: a chunk, the one behind it, and the trailers.
const BODY: usize = 2 * BODY_CHUNK + LARGEST_FIELDS;

/// What a field takes beside its name and its value: its place in a hash map, which can be half empty.
const FIELD_OVERHEAD: usize = 256;

/// Adds `wasi:http` to the linker, with everything that makes the host hold more counted.
///
/// # Errors
///
/// When the linker has these interfaces already.
pub(super) fn add_http_to_linker(linker: &mut Linker<RequestState>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    let mut types = linker.instance(TYPES)?;
    count_fields(&mut types)?;
    count_addresses(&mut types)?;
    count_bodies(&mut types)?;
    linker.allow_shadowing(false);
    Ok(())
}

fn count_fields(types: &mut LinkerInstance<'_, RequestState>) -> wasmtime::Result<()> {
    count(
        types,
        "[static]fields.from-list",
        |_, (fields,): &(Vec<(String, Vec<u8>)>,)| {
            fields.iter().map(|(name, value)| field(name, value)).sum()
        },
        |http, (fields,)| {
            let made = http.from_list(fields);
            checked(http, made)
        },
    )?;
    count(
        types,
        "[method]fields.set",
        |_, (_, name, values): &(Resource<FieldMap>, String, Vec<Vec<u8>>)| {
            values.iter().map(|value| field(name, value)).sum()
        },
        |http, (fields, name, values)| {
            let done = HostFields::set(http, fields, name, values);
            checked(http, done)
        },
    )?;
    count(
        types,
        "[method]fields.append",
        |_, (_, name, value): &(Resource<FieldMap>, String, Vec<u8>)| field(name, value),
        |http, (fields, name, value)| {
            let done = http.append(fields, name, value);
            checked(http, done)
        },
    )?;
    count(
        types,
        "[method]fields.clone",
        |table, (fields,): &(Resource<FieldMap>,)| table.get(fields).map_or(0, in_fields),
        |http, (fields,)| Ok((HostFields::clone(http, fields)?,)),
    )
}

fn count_addresses(types: &mut LinkerInstance<'_, RequestState>) -> wasmtime::Result<()> {
    type Request = Resource<HostOutgoingRequest>;
    count(
        types,
        "[method]outgoing-request.set-method",
        |_, (_, method): &(Request, Method)| in_method(method),
        |http, (request, method)| Ok((http.set_method(request, method)?,)),
    )?;
    count(
        types,
        "[method]outgoing-request.set-scheme",
        |_, (_, scheme): &(Request, Option<Scheme>)| in_scheme(scheme.as_ref()),
        |http, (request, scheme)| Ok((http.set_scheme(request, scheme)?,)),
    )?;
    count(
        types,
        "[method]outgoing-request.set-authority",
        |_, (_, authority): &(Request, Option<String>)| in_text(authority.as_ref()),
        |http, (request, authority)| Ok((http.set_authority(request, authority)?,)),
    )?;
    count(
        types,
        "[method]outgoing-request.set-path-with-query",
        |_, (_, path): &(Request, Option<String>)| in_text(path.as_ref()),
        |http, (request, path)| Ok((http.set_path_with_query(request, path)?,)),
    )
}

fn count_bodies(types: &mut LinkerInstance<'_, RequestState>) -> wasmtime::Result<()> {
    count(
        types,
        "[method]outgoing-request.body",
        |_, _: &(Resource<HostOutgoingRequest>,)| BODY,
        |http, (request,)| Ok((RequestHost::body(http, request)?,)),
    )?;
    count(
        types,
        "[method]outgoing-response.body",
        |_, _: &(Resource<HostOutgoingResponse>,)| BODY,
        |http, (response,)| Ok((ResponseHost::body(http, response)?,)),
    )
}

/// Replaces a function by one that first takes what it may add from the budget.
fn count<P, R>(
    types: &mut LinkerInstance<'_, RequestState>,
    name: &str,
    added: fn(&ResourceTable, &P) -> usize,
    call: fn(&mut WasiHttpCtxView<'_>, P) -> wasmtime::Result<R>,
) -> wasmtime::Result<()>
where
    P: ComponentNamedList + Lift + 'static,
    R: ComponentNamedList + Lower + 'static,
{
    types.func_wrap(name, move |mut store: StoreContextMut<'_, RequestState>, parameters: P| {
        let state = store.data_mut();
        let bytes = added(state.http().table, &parameters);
        state.hold(bytes)?;
        call(&mut state.http(), parameters)
    })
}

type Checked<T> = (Result<T, HeaderError>,);

/// The result of a function on fields as the guest sees it; what is no error of the guest's is a trap.
fn checked<T>(http: &mut WasiHttpCtxView<'_>, result: HeaderResult<T>) -> wasmtime::Result<Checked<T>> {
    match result {
        Ok(done) => Ok((Ok(done),)),
        Err(error) => Ok((Err(http.convert_header_error(error)?),)),
    }
}

/// How many bytes the resources in a table hold. What several share counts for each of them.
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

fn in_fields(fields: &FieldMap) -> usize {
    fields.iter().map(|(name, value)| field(name.as_str(), value.as_bytes())).sum()
}

fn field(name: &str, value: &[u8]) -> usize {
    name.len() + value.len() + FIELD_OVERHEAD
}

fn in_method(method: &Method) -> usize {
    if let Method::Other(name) = method { name.len() } else { 0 }
}

fn in_scheme(scheme: Option<&Scheme>) -> usize {
    if let Some(Scheme::Other(name)) = scheme { name.len() } else { 0 }
}

fn in_text(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}
