//! The cart in each language that there is an example of.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, OnceLock};

use lovely_session_host::serve::{Application, CodeCache, Limits};

/// What a cart is written in.
#[derive(Clone, Copy)]
pub enum Language {
    Rust,
    JavaScript,
    Python,
}

impl Language {
    /// The cart in this language, compiled once for all tests, and for their next run.
    pub fn cart(self) -> Application {
        static CARTS: [OnceLock<Application>; 3] = [const { OnceLock::new() }; 3];
        let load = || {
            let component = std::fs::read(self.component()).unwrap();
            let cache = CodeCache::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")).unwrap();
            Application::load_cached(&component, Limits::default(), &cache).unwrap().application
        };
        CARTS[self as usize].get_or_init(load).clone()
    }

    fn component(self) -> PathBuf {
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
