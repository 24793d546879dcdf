//! The languages that there is an SDK for, and their components.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// A language that there is an SDK for.
#[derive(Debug, Clone, Copy)]
pub enum Language {
    /// `sdk/rust`.
    Rust,
    /// `sdk/javascript`.
    JavaScript,
    /// `sdk/python`.
    Python,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// The path of the cart's component in this language, without the session component.
    ///
    /// # Panics
    ///
    /// When it was not built, or is older than its sources.
    #[must_use]
    pub fn cart(self) -> PathBuf {
        match self {
            Self::Rust => env!("CART_WASM").into(),
            Self::JavaScript => built("cart-js.wasm"),
            Self::Python => built("cart-python.wasm"),
        }
    }

    /// The path of the component that does with the SDK what a request tells it (`tests/programs/sdk`).
    ///
    /// # Panics
    ///
    /// As [`Language::cart`].
    #[must_use]
    pub fn sdk_program(self) -> PathBuf {
        match self {
            Self::Rust => env!("PROGRAM_SDK_WASM").into(),
            Self::JavaScript => built("sdk-javascript.wasm"),
            Self::Python => built("sdk-python.wasm"),
        }
    }
}

/// The path of what was built in another language than Rust.
///
/// # Panics
///
/// As [`Language::cart`].
#[must_use]
pub fn built(name: &str) -> PathBuf {
    DIRECTORY.join(name)
}

/// The directory of what is in other languages than Rust, from the script that builds it. The script fails if it is older
/// than its sources.
static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/languages.sh");
    let checked = Command::new(script).arg("check").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    String::from_utf8(checked.stdout).unwrap().trim_end().into()
});
