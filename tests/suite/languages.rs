//! Tests that hold for every language that there is an SDK for, on every store.

use std::path::Path;
use std::pin::Pin;

use lovely_session_host::serve::{Application, CodeCache, Limits};
use tokio::runtime::Builder;

/// Runs a test. Tests are boxed, so that this is compiled once and not for each of them.
pub fn run(test: Pin<Box<dyn Future<Output = ()>>>) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test);
}

/// Compiles a component, and keeps the code for the next run of the tests.
pub fn load(component: &Path) -> Application {
    let component = std::fs::read(component).unwrap();
    let cache = CodeCache::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")).unwrap();
    Application::load_cached(&component, Limits::default(), &cache).unwrap().application
}

/// Makes each function a test for each language. The language is the parameter of the function.
macro_rules! in_every_language {
    ($($test:ident),* $(,)?) => { $(
        mod $test {
            use lovely_session_tests::language::Language;
            use crate::languages::run;

            #[test]
            fn in_rust() {
                run(Box::pin(super::$test(Language::Rust)));
            }

            #[test]
            fn in_javascript() {
                run(Box::pin(super::$test(Language::JavaScript)));
            }

            #[test]
            fn in_python() {
                run(Box::pin(super::$test(Language::Python)));
            }
        }
    )* };
}
pub(crate) use in_every_language;

/// Makes each function a test for each language, on the store in memory and on memcached. The parameter of the function
/// is a reference to the `Site` of the module.
macro_rules! on_both_stores {
    ($($test:ident),* $(,)?) => { $(
        mod $test {
            use lovely_session_tests::language::Language;

            async fn on_memory(language: Language) {
                super::$test(&super::Site::on_memory(language).await).await;
            }

            async fn on_memcached(language: Language) {
                super::$test(&super::Site::on_memcached(language).await).await;
            }

            crate::languages::in_every_language!(on_memory, on_memcached);
        }
    )* };
}
pub(crate) use on_both_stores;
