//! The keys of compiled code.

use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};
use wasmtime::Engine;

/// Change the number when the format of the files or the meaning of the compiled code changes. The version of this
/// crate stands for how components are joined.
const FORMAT: &str = concat!("compiled code 1 of lovely-session ", env!("CARGO_PKG_VERSION"));

/// A hash of everything that compiled code depends on. It is shown as hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The key of the code that this engine compiles from these components.
    pub(crate) fn new(engine: &Engine, components: &[&[u8]]) -> Self {
        let mut hasher = KeyHasher(Sha256::new_with_prefix(FORMAT));
        engine.precompile_compatibility_hash().hash(&mut hasher);
        for component in components {
            // With the lengths, the same bytes divided at another position have another key.
            hasher.write(&(component.len() as u64).to_le_bytes());
            hasher.write(component);
        }
        Self(hasher.0.finalize().into())
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Hashes values that implement `Hash` with SHA-256.
struct KeyHasher(Sha256);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Required by the trait. Keys use the whole digest instead.
    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        digest.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Engine};

    use super::*;

    fn engine(set: impl FnOnce(&mut Config)) -> Engine {
        let mut config = Config::new();
        set(&mut config);
        Engine::new(&config).expect("this machine has room for an engine")
    }

    #[test]
    fn a_key_depends_on_every_byte_and_on_where_a_component_ends() {
        let engine = engine(|_| {});
        let key = |components: &[&[u8]]| Key::new(&engine, components);
        assert_eq!(key(&[b"ab", b"c"]), key(&[b"ab", b"c"]));
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"ab", b"d"]));
    }

    #[test]
    fn other_settings_of_the_engine_give_another_key() {
        let plain = Key::new(&engine(|_| {}), &[b"app"]);
        let interrupted = Key::new(&engine(|config| _ = config.epoch_interruption(true)), &[b"app"]);
        assert_ne!(plain, interrupted);
        assert_eq!(plain, Key::new(&engine(|_| {}), &[b"app"]));
    }
}
