//! The carts, compiled for this host.

use std::path::Path;
use std::sync::OnceLock;

use lovely_session_host::serve::{Application, CodeCache, Limits};
use lovely_session_tests::language::Language;

/// The cart in a language, compiled once for all tests, and kept for their next run.
pub fn cart(language: Language) -> Application {
    static CARTS: [OnceLock<Application>; 3] = [const { OnceLock::new() }; 3];
    let load = || {
        let component = std::fs::read(language.cart()).unwrap();
        let cache = CodeCache::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")).unwrap();
        Application::load_cached(&component, Limits::default(), &cache).unwrap().application
    };
    CARTS[language as usize].get_or_init(load).clone()
}
