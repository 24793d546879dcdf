//! URLs of stores.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use lovely_session_key_value::KeyValue;

use crate::stores::memcached::{ConnectError, InvalidAddress, Memcached, MemcachedOptions, ServerAddress};
use crate::stores::memory::{Memory, MemoryOptions};

/// The scheme of servers without TLS.
const PLAIN: &str = "memcached://";

/// The scheme of servers with TLS.
const TLS: &str = "memcached+tls://";

/// The URL of a store.
///
/// - `memory:` is a store in this process's memory ([`Memory`]).
/// - `memcached://[USER@]HOST:PORT[,HOST:PORT...]` is a store on memcached servers ([`Memcached`]), and
///   `memcached+tls://` one on servers with TLS. The port is optional (11211), and an IPv6 address is in brackets. The
///   user is for servers that require authentication, and the password is in [`MemcachedOptions::password`]: a URL is
///   seen in lists of processes and in logs, so one with a password is refused.
///
/// ```
/// use lovely_session_host::StoreUrl;
///
/// let url: StoreUrl = "memcached+tls://shop@cache-1,[2001:db8::1]:11212".parse()?;
/// assert_eq!(url.to_string(), "memcached+tls://shop@cache-1:11211,[2001:db8::1]:11212");
/// # Ok::<(), lovely_session_host::StoreUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A new, empty store in this process's memory.
    Memory,
    /// A store on memcached servers.
    Memcached(MemcachedUrl),
}

/// The memcached servers in a [`StoreUrl`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedUrl {
    /// Whether they are connected to with TLS.
    pub tls: bool,
    /// The user for their authentication.
    pub user: Option<String>,
    /// The servers.
    pub servers: Vec<ServerAddress>,
}

/// A store that was opened by its URL.
#[derive(Debug, Clone)]
pub enum OpenStore {
    /// A store in this process's memory.
    Memory(Arc<Memory>),
    /// A store on memcached servers.
    Memcached(Arc<Memcached>),
}

impl OpenStore {
    /// The store, for sessions.
    pub fn key_value(&self) -> Arc<dyn KeyValue> {
        match self {
            Self::Memory(store) => Arc::clone(store) as Arc<dyn KeyValue>,
            Self::Memcached(store) => Arc::clone(store) as Arc<dyn KeyValue>,
        }
    }

    /// The store on memcached, which tells the state of its servers; `None` for another store.
    pub fn memcached(&self) -> Option<&Arc<Memcached>> {
        match self {
            Self::Memory(_) => None,
            Self::Memcached(store) => Some(store),
        }
    }
}

impl From<OpenStore> for Arc<dyn KeyValue> {
    fn from(store: OpenStore) -> Self {
        store.key_value()
    }
}

/// The options for each kind of store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreOptions {
    /// The options for `memory:`.
    pub memory: MemoryOptions,
    /// The options for `memcached://`.
    pub memcached: MemcachedOptions,
}

/// Why the store of a URL cannot be opened. No text has what stands before an `@` in the URL, which may be a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreUrlError {
    /// The URL has another scheme.
    #[error(
        "{0:?} is not the URL of a store; use `memory:`, `memcached://HOST:PORT[,HOST:PORT...]` or `memcached+tls://...`"
    )]
    UnknownStore(String),
    /// The URL contains a password.
    #[error(
        "the URL of the store contains a password, which others can see in the list of processes; write \
         `memcached+tls://USER@HOST:PORT`, and give the password in a file or in the environment"
    )]
    Password,
    /// The user in the URL is empty, or has a character that it may not have.
    #[error(
        "the user in the URL of the store is invalid: it stands once, before the first host, has no space, and none of \
         `:,/?#%`"
    )]
    InvalidUser,
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
        let (tls, rest) = match (url.strip_prefix(PLAIN), url.strip_prefix(TLS)) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(StoreUrlError::UnknownStore(without_user(url))),
        };
        let (user, servers) = match rest.rsplit_once('@') {
            Some((user, servers)) => (Some(valid_user(user)?), servers),
            None => (None, rest),
        };
        let servers = servers.strip_suffix('/').unwrap_or(servers);
        let servers: Result<_, _> = servers.split(',').map(str::parse).collect();
        servers
            .map(|servers| Self::Memcached(MemcachedUrl { tls, user, servers }))
            .map_err(|problem| StoreUrlError::InvalidAddress { url: without_user(url), problem })
    }
}

fn valid_user(user: &str) -> Result<String, StoreUrlError> {
    if user.contains(':') {
        return Err(StoreUrlError::Password);
    }
    let is_valid = |byte: u8| byte.is_ascii_graphic() && !b",/?#%".contains(&byte);
    if user.is_empty() || !user.bytes().all(is_valid) {
        return Err(StoreUrlError::InvalidUser);
    }
    Ok(user.to_owned())
}

/// The URL without what may be a user and a password.
fn without_user(url: &str) -> String {
    let Some((before, host)) = url.rsplit_once('@') else { return url.to_owned() };
    let scheme = before.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
    format!("{scheme}…@{host}")
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Memcached(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for MemcachedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.tls { TLS } else { PLAIN })?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        let servers: Vec<_> = self.servers.iter().map(ServerAddress::to_string).collect();
        f.write_str(&servers.join(","))
    }
}

impl StoreUrl {
    /// Opens the store. For memcached it connects to every server.
    ///
    /// # Errors
    ///
    /// When servers cannot be used. The error has their addresses, and says what to do.
    pub async fn open(&self, options: &StoreOptions) -> Result<OpenStore, ConnectError> {
        Ok(match self {
            Self::Memory => OpenStore::Memory(Arc::new(Memory::new().with_options(options.memory.clone()))),
            Self::Memcached(url) => {
                let options = url.options(&options.memcached);
                OpenStore::Memcached(Arc::new(Memcached::connect(&url.servers, &options).await?))
            }
        })
    }
}

impl MemcachedUrl {
    /// These options, with TLS and the user of this URL.
    fn options(&self, options: &MemcachedOptions) -> MemcachedOptions {
        let user = self.user.clone().or_else(|| options.user.clone());
        MemcachedOptions { tls: self.tls || options.tls, user, ..options.clone() }
    }
}

/// Opens the store that a [`StoreUrl`] names.
///
/// # Errors
///
/// When the URL is invalid, or when a server cannot be used. The error says what to do.
pub async fn open_store(url: &str, options: &StoreOptions) -> Result<Arc<dyn KeyValue>, StoreUrlError> {
    Ok(url.parse::<StoreUrl>()?.open(options).await?.into())
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
            ("memcached+tls://a", "memcached+tls://a:11211"),
            ("memcached://ann@a,b", "memcached://ann@a:11211,b:11211"),
            ("memcached+tls://ann@example.net@a:1", "memcached+tls://ann@example.net@a:1"),
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

    #[test]
    fn a_url_with_a_password_is_refused_and_not_repeated() {
        for bad in [
            "memcached://ann:s3cret@a",
            "memcached+tls://ann:s3cret@a:1,b:2",
            "memcached://ann:@s3cret@a",
            "memcached://:s3cret@a",
            "memcached://a,ann:s3cret@b",
            "memcached://ann:s3cret@a/x@y",
            "redis://ann:s3cret@a",
            "ann:s3cret@a",
        ] {
            let error = bad.parse::<StoreUrl>().unwrap_err();
            let texts = format!("{error} {error:?}");
            assert!(!texts.contains("s3cret"), "{texts}");
            assert!(
                matches!(error, StoreUrlError::Password) == bad.starts_with("memcached"),
                "{bad}: {error}"
            );
        }
    }

    #[test]
    fn an_invalid_user_is_refused() {
        for bad in ["memcached://@a", "memcached://ann@a,bob@b", "memcached://a b@c", "memcached://a%40b@c"] {
            let error = bad.parse::<StoreUrl>().unwrap_err();
            assert!(matches!(error, StoreUrlError::InvalidUser), "{bad}: {error}");
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
