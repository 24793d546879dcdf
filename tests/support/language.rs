//! The cart in each language that there is an example of.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// What a cart is written in.
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

    /// The file of the cart in this language: the application alone, without the session component.
    ///
    /// # Panics
    ///
    /// When it was not built, or from something else than there is now.
    #[must_use]
    pub fn component(self) -> PathBuf {
        match self {
            Self::Rust => env!("CART_WASM").into(),
            Self::JavaScript => OTHERS.join("cart-js.wasm"),
            Self::Python => OTHERS.join("cart-python.wasm"),
        }
    }
}

/// The directory of the components in other languages than Rust. The script that builds them knows where they are, and
/// whether they are as new as what they are built from.
static OTHERS: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/languages.sh");
    let checked = Command::new(script).arg("check").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    String::from_utf8(checked.stdout).unwrap().trim_end().into()
});
