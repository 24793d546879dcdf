//! Adds `wasi:http` to a linker, with a memory limit.
//!
//! wasmtime limits the size of each resource and the number of resources, but not their total size: header fields,
//! bodies that are not sent, and the addresses of requests. So the functions by which resources grow are replaced by
//! ones that first take the bytes from the request's memory budget. Dropping a resource returns nothing to the budget.
//! Instead, when the budget is used up, the resources that are still there are counted again.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentNamedList, Lift, Linker, LinkerInstance, Lower, Resource, ResourceTable};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::p2::HeaderResult;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as Handler;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, HeaderError, Host, HostFields, HostOutgoingRequest as RequestHost,
    HostOutgoingResponse as ResponseHost, Method, Scheme,
};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest, HostOutgoingResponse};
use wasmtime_wasi_http::{Error, FieldMap, RequestOptions, WasiHttpCtxView, WasiHttpView};

use super::held::{BODY, EXCHANGE, field, in_fields, in_method, in_scheme, in_text};
use super::state::RequestState;

/// The interfaces in the linker whose functions are replaced.
const TYPES: &str = "wasi:http/types@0.2.12";
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";

/// Adds `wasi:http` to the linker, with the functions that take bytes from the budget.
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
    count(&mut types, "http-error-code", |_, _: &(Resource<IoError>,)| 0, error_code)?;
    count_exchanges(&mut linker.instance(OUTGOING_HANDLER)?)?;
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
            let result = http.from_list(fields);
            checked(http, result)
        },
    )?;
    count(
        types,
        "[method]fields.set",
        |_, (_, name, values): &(Resource<FieldMap>, String, Vec<Vec<u8>>)| {
            values.iter().map(|value| field(name, value)).sum()
        },
        |http, (fields, name, values)| {
            let result = HostFields::set(http, fields, name, values);
            checked(http, result)
        },
    )?;
    count(
        types,
        "[method]fields.append",
        |_, (_, name, value): &(Resource<FieldMap>, String, Vec<u8>)| field(name, value),
        |http, (fields, name, value)| {
            let result = http.append(fields, name, value);
            checked(http, result)
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

fn count_exchanges(handler: &mut LinkerInstance<'_, RequestState>) -> wasmtime::Result<()> {
    type Parameters = (Resource<HostOutgoingRequest>, Option<Resource<RequestOptions>>);
    type Handled = Result<Resource<HostFutureIncomingResponse>, ErrorCode>;
    count(
        handler,
        "handle",
        |_, _: &Parameters| EXCHANGE,
        |http, (request, options)| -> wasmtime::Result<(Handled,)> {
            match http.handle(request, options) {
                Ok(response) => Ok((Ok(response),)),
                Err(error) => Ok((Err(http.convert_error_code(error)?),)),
            }
        },
    )
}

/// The code of an error of a stream. wasmtime's own function finds none for the errors of bodies that are received.
fn error_code(
    http: &mut WasiHttpCtxView<'_>,
    (error,): (Resource<IoError>,),
) -> wasmtime::Result<(Option<ErrorCode>,)> {
    let code = match http.table.get(&error)?.downcast_ref::<Error>() {
        Some(Error::HttpResponseBodySize(size)) => ErrorCode::HttpResponseBodySize(*size),
        Some(Error::ConnectionReadTimeout) => ErrorCode::ConnectionReadTimeout,
        Some(Error::HttpResponseIncomplete) => ErrorCode::HttpResponseIncomplete,
        Some(Error::ConnectionTerminated) => ErrorCode::ConnectionTerminated,
        Some(_) => ErrorCode::HttpProtocolError,
        None => return Ok((http.http_error_code(error)?,)),
    };
    Ok((Some(code),))
}

/// Replaces a function by one that first takes the bytes that it may add from the budget.
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

/// The result of a function on fields, for the guest. Errors that are not the guest's become traps.
fn checked<T>(http: &mut WasiHttpCtxView<'_>, result: HeaderResult<T>) -> wasmtime::Result<Checked<T>> {
    match result {
        Ok(value) => Ok((Ok(value),)),
        Err(error) => Ok((Err(http.convert_header_error(error)?),)),
    }
}
