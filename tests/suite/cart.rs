//! The cart's contract over HTTP: a real client, a real socket, the real components. The cart in every language has to
//! keep it, on both stores.

mod checkout;
mod items;
mod language;
mod page;
mod races;
mod refusals;
mod sessions;
mod site;
mod store;
mod visitor;

/// Makes each function a test of the cart in every language, which it is given.
macro_rules! in_every_language {
    ($($test:ident),* $(,)?) => { $(
        mod $test {
            use crate::cart::language::Language;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_rust() {
                super::$test(Language::Rust).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_javascript() {
                super::$test(Language::JavaScript).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_python() {
                super::$test(Language::Python).await;
            }
        }
    )* };
}
use in_every_language;

/// Makes each function a test of the cart in every language on memory, and on memcached.
macro_rules! on_both_stores {
    ($($test:ident),* $(,)?) => { $(
        mod $test {
            use crate::cart::language::Language;
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
