//! The cart's contract over HTTP: a real client, a real socket, the real components. The cart in each language must
//! keep it, on both stores.

use std::pin::Pin;

use tokio::runtime::Builder;

mod applications;
mod browser;
mod checkout;
mod items;
mod page;
mod races;
mod refusals;
mod sessions;
mod site;
mod store;

/// Runs a test. Tests are boxed, so that this is compiled once and not for each of them.
fn run(test: Pin<Box<dyn Future<Output = ()>>>) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test);
}

/// Makes each function a test for each language of the cart. The language is the parameter of the function.
macro_rules! in_every_language {
    ($($test:ident),* $(,)?) => { $(
        mod $test {
            use lovely_session_tests::language::Language;
            use crate::cart::run;

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
use in_every_language;

/// Makes each function a test for each language of the cart, on the store in memory and on memcached.
macro_rules! on_both_stores {
    ($($test:ident),* $(,)?) => { $(
        mod $test {
            use lovely_session_tests::language::Language;
            use crate::cart::site::Site;

            async fn on_memory(language: Language) {
                super::$test(&Site::on_memory(language).await).await;
            }

            async fn on_memcached(language: Language) {
                super::$test(&Site::on_memcached(language).await).await;
            }

            crate::cart::in_every_language!(on_memory, on_memcached);
        }
    )* };
}
use on_both_stores;
