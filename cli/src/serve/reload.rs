//! What SIGHUP does: the application and the certificate are read again.

use lovely_session_host::serve::Reloader;
use tokio::sync::watch;

use super::load::Loader;
use super::tls::{TlsArgs, load_tls};
use crate::failure::Failure;

/// Reloads at each request for it, and forever. Requests that come during a reload are served by one more.
pub async fn reload_on_request(
    tls: &TlsArgs,
    loader: &Loader,
    reloader: &Reloader,
    mut requests: watch::Receiver<u64>,
) {
    while requests.changed().await.is_ok() {
        tracing::info!("reloading");
        match reload(tls, loader, reloader).await {
            Ok(()) => tracing::info!("reloaded; new requests use what was loaded"),
            Err(failure) => {
                tracing::error!("cannot reload, and goes on as before: {}", failure.in_one_line());
            }
        }
    }
    // Without signals there is nothing to do.
    std::future::pending().await
}

/// Replaces both or none.
async fn reload(tls: &TlsArgs, loader: &Loader, reloader: &Reloader) -> Result<(), Failure> {
    let tls = tls.files().map(|files| load_tls(&files)).transpose()?;
    let application = loader.load(loader.read()?).await?;
    let replaced = tls.map_or(Ok(()), |tls| reloader.replace_certificate(tls.config));
    replaced.and_then(|()| reloader.replace_application(application)).map_err(Failure::Reload)
}
