//! Which store to use, written as a URL.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::stores::memcached::{ConnectError, InvalidAddress, Memcached, MemcachedOptions, ServerAddress};
use crate::stores::memory::{Memory, MemoryOptions};
use lovely_session_key_value::KeyValue;

/// A store, named by a URL.
///
/// - `memory:` is a store in this process's memory;
/// - `memcached://HOST:PORT[,HOST:PORT...]` is one on memcached servers. A port may be left out (11211),
///   and an IPv6 address is in brackets.
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

/// The options for each kind of store that a URL can name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreOptions {
    /// For `memory:`.
    pub memory: MemoryOptions,
    /// For `memcached://`.
    pub memcached: MemcachedOptions,
}

/// Why the store that a URL names cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreUrlError {
    /// The URL is of no known kind.
    #[error("{0:?} names no store; write `memory:` or `memcached://HOST:PORT[,HOST:PORT...]`")]
    UnknownStore(String),
    /// The URL names a memcached server in a way that is not understood.
    #[error("{url:?} names no memcached servers: {problem}; write `memcached://HOST:PORT[,HOST:PORT...]`")]
    InvalidAddress {
        /// The URL.
        url: String,
        /// What is wrong with one of the addresses.
        problem: InvalidAddress,
    },
    /// The store that the URL names cannot be used.
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
    /// Opens the store. With memcached, every server has to answer.
    ///
    /// # Errors
    ///
    /// When a server cannot be used. The error names it, and says what to do.
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
/// When the text is no such URL, and says what is accepted; and when a server cannot be used, which is
/// named, with what to do.
pub async fn open_store(url: &str, options: &StoreOptions) -> Result<Arc<dyn KeyValue>, StoreUrlError> {
    Ok(url.parse::<StoreUrl>()?.open(options).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_as_it_is_understood() {
        for (given, shown) in [
            ("memory:", "memory:"),
            ("memcached://a:1,b", "memcached://a:1,b:11211"),
            ("memcached://[::1]/", "memcached://[::1]:11211"),
        ] {
            assert_eq!(given.parse::<StoreUrl>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_url_of_a_store_says_what_is() {
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
    async fn a_store_that_cannot_be_reached_is_named() {
        // The port of a listener that is gone is free, and nobody answers there.
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
