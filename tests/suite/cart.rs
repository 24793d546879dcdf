//! The cart's contract over HTTP: a real client, a real socket, the real component, on both stores.

mod checkout;
mod items;
mod page;
mod races;
mod refusals;
mod sessions;
mod site;
mod store;
mod visitor;

/// Makes each function a test on memory and a test on memcached.
macro_rules! on_both_stores {
    ($($test:ident),* $(,)?) => {
        mod on_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&crate::cart::site::Site::on_memory().await).await;
            })*
        }

        mod on_memcached {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&crate::cart::site::Site::on_memcached().await).await;
            })*
        }
    };
}
use on_both_stores;
