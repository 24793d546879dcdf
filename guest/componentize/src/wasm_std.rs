//! The two ways to a WebAssembly standard library, and the choice between them.

use std::fmt;
use std::str::FromStr;

use crate::BuildError;

/// The environment variable that forces one way: `rustup` or `debian`. Empty counts as unset.
pub const WASM_STD_VARIABLE: &str = "LOVELY_WASM_STD";

/// Where Rust's standard library for `wasm32-unknown-unknown` comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WasmStd {
    /// It came with the Rust toolchain in use (`rustup target add wasm32-unknown-unknown`).
    Rustup,
    /// It is compiled from the sources in Debian's packages `rustc-web`, `cargo-web` and `rust-web-src`, by the
    /// compiler in them; only the linker is that of the Rust toolchain in use.
    Debian,
}

impl WasmStd {
    /// The name by which [`WASM_STD_VARIABLE`] asks for it.
    pub fn name(self) -> &'static str {
        match self {
            WasmStd::Rustup => "rustup",
            WasmStd::Debian => "debian",
        }
    }

    /// The way that the value of [`WASM_STD_VARIABLE`] asks for, if it asks for one.
    pub(crate) fn forced(value: Option<&str>) -> Result<Option<WasmStd>, BuildError> {
        value.filter(|value| !value.is_empty()).map(str::parse).transpose()
    }
}

impl FromStr for WasmStd {
    type Err = BuildError;

    fn from_str(name: &str) -> Result<Self, BuildError> {
        [WasmStd::Rustup, WasmStd::Debian]
            .into_iter()
            .find(|way| way.name() == name)
            .ok_or_else(|| BuildError::UnknownWasmStd { given: name.to_owned() })
    }
}

/// Completes "with ...".
impl fmt::Display for WasmStd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            WasmStd::Rustup => "the WebAssembly standard library of the Rust toolchain in use",
            WasmStd::Debian => "the WebAssembly standard library that Debian's packages hold as sources",
        })
    }
}

/// Takes the first way that works. When one is forced, the other is not even looked at. The errors say what is wrong
/// with each way.
pub(crate) fn choose<T>(
    forced: Option<WasmStd>,
    rustup: impl FnOnce() -> Result<T, String>,
    debian: impl FnOnce() -> Result<T, String>,
) -> Result<T, BuildError> {
    let excluded = |way: WasmStd| Err(format!("not tried: {WASM_STD_VARIABLE} asks for `{}`", way.name()));
    let rustup = match forced {
        Some(WasmStd::Debian) => excluded(WasmStd::Debian),
        _ => rustup(),
    };
    let rustup = match rustup {
        Ok(found) => return Ok(found),
        Err(reason) => reason,
    };
    let debian = match forced {
        Some(WasmStd::Rustup) => excluded(WasmStd::Rustup),
        _ => debian(),
    };
    debian.map_err(|debian| BuildError::NoWasmStd { rustup, debian })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> Result<&'static str, String> {
        Err("it is not there".to_owned())
    }

    #[test]
    fn an_unset_or_empty_variable_forces_nothing() {
        assert_eq!(WasmStd::forced(None).unwrap(), None);
        assert_eq!(WasmStd::forced(Some("")).unwrap(), None);
    }

    #[test]
    fn the_variable_forces_the_way_it_names() {
        assert_eq!(WasmStd::forced(Some("rustup")).unwrap(), Some(WasmStd::Rustup));
        assert_eq!(WasmStd::forced(Some("debian")).unwrap(), Some(WasmStd::Debian));
    }

    #[test]
    fn an_unknown_way_is_named_in_the_error() {
        let error = WasmStd::forced(Some("Rustup")).unwrap_err();
        assert!(matches!(&error, BuildError::UnknownWasmStd { given } if given == "Rustup"));
        assert!(error.to_string().contains("`rustup` or `debian`"));
    }

    #[test]
    fn the_toolchain_in_use_comes_first() {
        let debian = || panic!("Debian's packages were looked at");
        assert_eq!(choose(None, || Ok("toolchain"), debian).unwrap(), "toolchain");
    }

    #[test]
    fn debians_packages_come_second() {
        assert_eq!(choose(None, missing, || Ok("packages")).unwrap(), "packages");
    }

    #[test]
    fn a_forced_way_is_the_only_one_looked_at() {
        let other = || panic!("the other way was looked at");
        assert_eq!(choose(Some(WasmStd::Debian), other, || Ok("packages")).unwrap(), "packages");
        let error = choose(Some(WasmStd::Rustup), missing, other).unwrap_err();
        assert!(matches!(error, BuildError::NoWasmStd { debian, .. } if debian.contains("LOVELY_WASM_STD")));
    }

    #[test]
    fn when_neither_works_the_error_says_why_and_what_to_do() {
        let text = choose(None, missing, || Err::<&str, _>("too old".to_owned())).unwrap_err().to_string();
        assert!(text.contains("rustup: it is not there"), "{text}");
        assert!(text.contains("debian: too old"), "{text}");
        assert!(text.contains("make setup"), "{text}");
    }
}
