//! The languages of the example cart.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The language of a cart.
#[derive(Debug, Clone, Copy)]
pub enum Language {
    /// `examples/cart`.
    Rust,
    /// `examples/cart-js`.
    JavaScript,
    /// `examples/cart-python`.
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
    pub fn component(self) -> PathBuf {
        match self {
            Self::Rust => env!("CART_WASM").into(),
            Self::JavaScript => OTHERS.join("cart-js.wasm"),
            Self::Python => OTHERS.join("cart-python.wasm"),
        }
    }
}

/// The directory of the components in other languages than Rust, from the script that builds them. The script fails if
/// they are older than their sources.
static OTHERS: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/languages.sh");
    let checked = Command::new(script).arg("check").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    String::from_utf8(checked.stdout).unwrap().trim_end().into()
});
