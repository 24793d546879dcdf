//! URLs of stores.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use lovely_session_key_value::KeyValue;

use crate::stores::memcached::{ConnectError, InvalidAddress, Memcached, MemcachedOptions, ServerAddress};
use crate::stores::memory::{Memory, MemoryOptions};

/// The URL of a store.
///
/// - `memory:` is a store in this process's memory ([`Memory`]).
/// - `memcached://HOST:PORT[,HOST:PORT...]` is a store on memcached servers ([`Memcached`]). The port is optional
///   (11211), and an IPv6 address is in brackets.
///
/// ```
/// use lovely_session_host::StoreUrl;
///
/// let url: StoreUrl = "memcached://cache-1,[2001:db8::1]:11212".parse()?;
/// assert_eq!(url.to_string(), "memcached://cache-1:11211,[2001:db8::1]:11212");
/// # Ok::<(), lovely_session_host::StoreUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A new, empty store in this process's memory.
    Memory,
    /// A store on these memcached servers.
    Memcached(Vec<ServerAddress>),
}

/// The options for each kind of store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreOptions {
    /// The options for `memory:`.
    pub memory: MemoryOptions,
    /// The options for `memcached://`.
    pub memcached: MemcachedOptions,
}

/// Why the store of a URL cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreUrlError {
    /// The URL has another scheme.
    #[error("{0:?} is not the URL of a store; use `memory:` or `memcached://HOST:PORT[,HOST:PORT...]`")]
    UnknownStore(String),
    /// The address of a memcached server is invalid.
    #[error(
        "{url:?} is not the URL of memcached servers: {problem}; use `memcached://HOST:PORT[,HOST:PORT...]`"
    )]
    InvalidAddress {
        /// The URL.
        url: String,
        /// What is wrong with one of the addresses.
        problem: InvalidAddress,
    },
    /// A server cannot be used.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl FromStr for StoreUrl {
    type Err = StoreUrlError;

    fn from_str(url: &str) -> Result<Self, StoreUrlError> {
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        let Some(servers) = url.strip_prefix("memcached://") else {
            return Err(StoreUrlError::UnknownStore(url.to_owned()));
        };
        let servers = servers.strip_suffix('/').unwrap_or(servers);
        let servers: Result<_, _> = servers.split(',').map(str::parse).collect();
        servers
            .map(Self::Memcached)
            .map_err(|problem| StoreUrlError::InvalidAddress { url: url.to_owned(), problem })
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Memcached(servers) => {
                let servers: Vec<_> = servers.iter().map(ServerAddress::to_string).collect();
                write!(f, "memcached://{}", servers.join(","))
            }
        }
    }
}

impl StoreUrl {
    /// Opens the store. For memcached it connects to every server.
    ///
    /// # Errors
    ///
    /// When a server cannot be used. The error has its address, and says what to do.
    pub async fn open(&self, options: &StoreOptions) -> Result<Arc<dyn KeyValue>, ConnectError> {
        Ok(match self {
            Self::Memory => Arc::new(Memory::new().with_options(options.memory.clone())),
            Self::Memcached(servers) => Arc::new(Memcached::connect(servers, &options.memcached).await?),
        })
    }
}

/// Opens the store that a [`StoreUrl`] names.
///
/// # Errors
///
/// When the URL is invalid, or when a server cannot be used. The error says what to do.
pub async fn open_store(url: &str, options: &StoreOptions) -> Result<Arc<dyn KeyValue>, StoreUrlError> {
    Ok(url.parse::<StoreUrl>()?.open(options).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_in_its_full_form() {
        for (given, shown) in [
            ("memory:", "memory:"),
            ("memcached://a:1,b", "memcached://a:1,b:11211"),
            ("memcached://[::1]/", "memcached://[::1]:11211"),
        ] {
            assert_eq!(given.parse::<StoreUrl>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn the_error_for_an_invalid_url_shows_a_valid_one() {
        for bad in ["", "memory", "memory://x", "redis://h", "memcached:h", "h:11211"] {
            let error = bad.parse::<StoreUrl>().unwrap_err();
            assert!(matches!(&error, StoreUrlError::UnknownStore(url) if url == bad));
            assert!(error.to_string().contains("memcached://HOST:PORT"), "{error}");
        }
        for bad in ["memcached://", "memcached://a,,b", "memcached://a:x", "memcached://a/path"] {
            let error = bad.parse::<StoreUrl>().unwrap_err();
            assert!(matches!(error, StoreUrlError::InvalidAddress { .. }), "{bad}: {error}");
        }
    }

    #[tokio::test]
    async fn the_error_for_an_unreachable_server_has_its_address() {
        // Nothing listens on the port of a closed listener.
        let port = {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().port()
        };
        let url = format!("memcached://127.0.0.1:{port}");
        let error = open_store(&url, &StoreOptions::default()).await.err().unwrap();
        assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
        assert!(error.to_string().contains("is running"), "{error}");
    }
}
