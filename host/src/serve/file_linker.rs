//! Has open files count toward the memory limit of a request.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, Filesize, Host, HostDescriptor, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, FsResult, ReaddirIterator};

use super::held::{INPUT, OPEN_FILE};
use super::state::RequestState;

/// The interface in the linker whose functions are replaced.
const TYPES: &str = "wasi:filesystem/types@0.2.12";

type State<'a> = StoreContextMut<'a, RequestState>;
type Result<T> = (std::result::Result<T, ErrorCode>,);

/// Replaces the functions that open files and read from them by ones that first take bytes from the memory budget.
///
/// # Errors
///
/// When the linker does not have the interface.
pub(super) fn count_files(linker: &mut Linker<RequestState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance(TYPES)?;
    types.func_wrap_async("[method]descriptor.open-at", |store, parameters| {
        Box::new(open_at(store, parameters))
    })?;
    types.func_wrap_async("[method]descriptor.read-directory", |store, parameters| {
        Box::new(read_directory(store, parameters))
    })?;
    types.func_wrap("[method]descriptor.read-via-stream", read_via_stream)?;
    linker.allow_shadowing(false);
    Ok(())
}

type OpenAt = (Resource<Descriptor>, PathFlags, String, OpenFlags, DescriptorFlags);

async fn open_at(
    mut store: State<'_>,
    (directory, path_flags, path, open_flags, flags): OpenAt,
) -> wasmtime::Result<Result<Resource<Descriptor>>> {
    store.data_mut().hold(OPEN_FILE)?;
    let mut files = store.data_mut().filesystem();
    let opened = files.open_at(directory, path_flags, path, open_flags, flags).await;
    checked(&mut files, opened)
}

async fn read_directory(
    mut store: State<'_>,
    (directory,): (Resource<Descriptor>,),
) -> wasmtime::Result<Result<Resource<ReaddirIterator>>> {
    store.data_mut().hold(OPEN_FILE)?;
    let mut files = store.data_mut().filesystem();
    let entries = files.read_directory(directory).await;
    checked(&mut files, entries)
}

fn read_via_stream(
    mut store: State<'_>,
    (file, offset): (Resource<Descriptor>, Filesize),
) -> wasmtime::Result<Result<Resource<DynInputStream>>> {
    store.data_mut().hold(INPUT)?;
    let mut files = store.data_mut().filesystem();
    let stream = files.read_via_stream(file, offset);
    checked(&mut files, stream)
}

/// The result of a function for the guest. Errors that are not the guest's become traps.
fn checked<T>(files: &mut impl Host, result: FsResult<T>) -> wasmtime::Result<Result<T>> {
    match result {
        Ok(value) => Ok((Ok(value),)),
        Err(error) => Ok((Err(files.convert_error_code(error)?),)),
    }
}
