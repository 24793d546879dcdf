//! The carts, compiled for this host.

use std::sync::OnceLock;

use lovely_session_host::serve::Application;
use lovely_session_tests::language::Language;

use crate::languages::load;

/// The cart in a language, compiled once for all tests, and kept for their next run.
pub fn cart(language: Language) -> Application {
    static CARTS: [OnceLock<Application>; 3] = [const { OnceLock::new() }; 3];
    CARTS[language as usize].get_or_init(|| load(&language.cart())).clone()
}
