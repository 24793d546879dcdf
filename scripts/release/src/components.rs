//! The components of a release.

use std::fs;
use std::path::Path;

use anyhow::Context;
use lovely_session_artifact::{COMPONENT, KV_MEMCACHED};
use lovely_session_host::compose::with_store;
use wasm_metadata::{
    AddMetadata, AddMetadataField, Description, Homepage, Licenses, Revision, Source, Version,
};

/// Writes the components byte for byte as the artifact crate has them.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write_plain(directory: &Path) -> anyhow::Result<()> {
    write(directory, "lovely-session.wasm", COMPONENT)?;
    write(directory, "kv-memcached.wasm", KV_MEMCACHED)
}

/// Writes the components for people who compose them by hand, each with metadata that says where it comes from.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write_with_provenance(directory: &Path, revision: &str) -> anyhow::Result<()> {
    let joined = with_store(COMPONENT, KV_MEMCACHED)?;
    let components = [
        ("lovely-session", "Transactional sessions; imports a key-value store", COMPONENT),
        ("lovely-session-kv-memcached", "A key-value store on memcached servers", KV_MEMCACHED),
        ("lovely-session-memcached", "Transactional sessions on memcached servers", &joined),
    ];
    for (name, description, component) in components {
        let component = provenance(name, description, revision)?.to_wasm(component)?;
        write(directory, &format!("{name}.wasm"), &component)?;
    }
    Ok(())
}

fn provenance(name: &str, description: &str, revision: &str) -> anyhow::Result<AddMetadata> {
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(name.to_owned());
    metadata.description = AddMetadataField::Set(Description::new(description.to_owned()));
    metadata.licenses = AddMetadataField::Set(Licenses::new(env!("CARGO_PKG_LICENSE"))?);
    metadata.source = AddMetadataField::Set(Source::new(env!("CARGO_PKG_REPOSITORY"))?);
    metadata.homepage = AddMetadataField::Set(Homepage::new(env!("CARGO_PKG_REPOSITORY"))?);
    metadata.revision = AddMetadataField::Set(Revision::new(revision.to_owned()));
    metadata.version = AddMetadataField::Set(Version::new(env!("CARGO_PKG_VERSION").to_owned()));
    Ok(metadata)
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = directory.join(name);
    fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
