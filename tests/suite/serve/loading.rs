//! The errors for applications that cannot be served.

use std::error::Error;

use lovely_session_host::SESSION_COMPONENT;
use lovely_session_host::compose::ComposeError;
use lovely_session_host::serve::{Application, Limits, LoadError};

use super::running::{limits, misbehaving_file};
use super::with_names_replaced;

fn refusal_of(file: &[u8]) -> LoadError {
    Application::load(file, limits()).err().expect("this application cannot be served")
}

fn cart() -> Vec<u8> {
    std::fs::read(env!("CART_WASM")).unwrap()
}

#[test]
fn an_application_with_sessions_is_loaded() {
    Application::load(&cart(), limits()).unwrap();
}

#[test]
fn an_application_without_sessions_is_loaded() {
    Application::load(&misbehaving_file(), limits()).unwrap();
}

#[test]
fn an_application_for_a_later_patch_of_wasi_0_2_is_loaded() {
    let later = with_names_replaced(cart(), "@0.2.12", "@0.2.99");
    Application::load(&later, limits()).unwrap();
}

#[test]
fn the_error_names_every_unknown_import() {
    let one = with_names_replaced(misbehaving_file(), "wasi:cli/stdout@", "acme:cli/stdout@");
    let two = with_names_replaced(one, "wasi:cli/stderr@", "acme:log/writer@");
    let refusal = refusal_of(&two);
    let message = refusal.to_string();
    let LoadError::UnknownImports { imports } = refusal else { panic!("{message}") };
    assert_eq!(imports.len(), 2, "{imports:?}");
    for name in ["`acme:cli/stdout@0.2.", "`acme:log/writer@0.2."] {
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn the_error_for_an_unknown_session_interface_names_it_and_the_known_ones() {
    let unknown =
        with_names_replaced(cart(), "lovely:session/sessions@0.1.0", "lovely:session/sessions@0.7.0");
    let message = refusal_of(&unknown).to_string();
    for name in [
        "lovely:session/sessions@0.7.0",
        "lovely:session/sessions@0.1.0",
        "lovely:session/transactions@0.1.0",
    ] {
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
}

#[test]
fn the_error_for_an_interface_with_other_types_names_it() {
    let other = with_names_replaced(cart(), "[method]transaction.commit", "[method]transaction.commiy");
    let refusal = refusal_of(&other);
    let LoadError::Compose(ComposeError::Mismatch { import, .. }) = refusal else { panic!("{refusal}") };
    assert_eq!(import, "lovely:session/transactions@0.1.0");
}

#[test]
fn the_error_for_a_component_without_a_handler_says_what_to_export() {
    let message = refusal_of(SESSION_COMPONENT).to_string();
    assert!(message.contains("does not export `wasi:http/incoming-handler@0.2`"), "{message}");
    assert!(message.contains("`lovely:session/sessions@0.1.0`"), "{message}");
}

#[test]
fn an_application_with_an_initial_memory_over_the_limit_is_refused_with_the_reason() {
    let refusal = Application::load(&cart(), Limits { memory: 1 << 16, ..limits() }).err().unwrap();
    assert!(matches!(refusal, LoadError::Compile(_)), "{refusal}");
    assert!(refusal.source().unwrap().to_string().contains("memory"), "{refusal:?}");
}

#[test]
fn limits_beyond_the_address_space_are_refused() {
    let refusal =
        Application::load(&cart(), Limits { concurrent_requests: 100_000, ..limits() }).err().unwrap();
    assert!(matches!(refusal, LoadError::Reserve(_)), "{refusal}");
}
