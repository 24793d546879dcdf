//! Drops families.

use std::sync::Arc;

use futures_util::future::join_all;
use lovely_session_key_value::Error;
use lovely_session_memcached::{Batch, Failure};

use super::failure_log::Call;
use super::random;
use super::server::Server;

/// Drops a family on all servers at the same time.
///
/// # Errors
///
/// When a server has not confirmed it. The text says which have and which have not, and what to do.
pub(super) async fn drop_on_all(servers: &[Arc<Server>], family: &str) -> Result<(), Error> {
    let mut batches = Vec::with_capacity(servers.len());
    for server in servers {
        batches.push(Batch::of_drop(family, random(), |commands| server.reserve_opaques(commands))?);
    }
    let dropping = servers.iter().zip(&batches).map(async |(server, batch)| {
        let result = server.exchange(batch).await;
        let failure = result.failure();
        let dropped = result.into_dropped(server.name());
        if dropped.is_err() {
            server.failed(Call::Write, &failure);
        }
        dropped.map_err(|_| failure)
    });
    let dropped = join_all(dropping).await;
    confirm(servers.iter().map(|server| server.name()).zip(dropped), family)
}

/// Whether all servers have done it.
fn confirm<'a>(
    dropped: impl IntoIterator<Item = (&'a str, Result<(), Failure>)>,
    family: &str,
) -> Result<(), Error> {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (server, result) in dropped {
        match result {
            Ok(()) => done.push(server.to_owned()),
            Err(failure) => failed.push(format!("{server}: {failure}")),
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let done = if done.is_empty() { "none".to_owned() } else { done.join(", ") };
    Err(Error::Unavailable(format!(
        "the family {family:?} is not dropped everywhere. Not confirmed by memcached server {}. Confirmed by: {done}. \
         Repeat it: a server that was only cut off has its entries until then",
        failed.join("; "),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_who_has_done_it_and_who_has_not() {
        let one_of_two = [("a:1", Ok(())), ("b:2", Err(Failure::TimedOut))];
        let Err(Error::Unavailable(text)) = confirm(one_of_two, "ls1:cart") else { panic!() };
        for part in ["\"ls1:cart\"", "by memcached server b:2: it did not", "Confirmed by: a:1.", "Repeat it"]
        {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
        assert_eq!(confirm([("a:1", Ok(())), ("b:2", Ok(()))], "f"), Ok(()));
    }
}
