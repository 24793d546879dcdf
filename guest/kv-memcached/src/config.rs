//! The configuration in the environment.

use std::collections::BTreeSet;
use std::time::Duration;

use lovely_session_key_value::Error;
use lovely_session_memcached::{InvalidAddress, ServerAddress};

/// The variable that names the servers.
const SERVERS: &str = "LOVELY_SESSION_MEMCACHED";

/// The variable with the timeout of a call.
const TIMEOUT: &str = "LOVELY_SESSION_MEMCACHED_TIMEOUT_MS";

const DEFAULT_TIMEOUT_MS: u64 = 2000;
const MAX_TIMEOUT_MS: u64 = 600_000;

/// The servers, and the timeout of a call.
///
/// - `LOVELY_SESSION_MEMCACHED` is `HOST:PORT[,HOST:PORT...]`, as in the URL of the host's store. Every process that
///   shares the servers has to write each of them in the same way.
/// - `LOVELY_SESSION_MEMCACHED_TIMEOUT_MS` is the timeout of a call with everything in it, also connecting, in
///   milliseconds from 1 to 600000; 2000 when it is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The servers: at least one, and each once.
    pub servers: Vec<ServerAddress>,
    /// The timeout of a call.
    pub timeout: Duration,
}

/// Why the configuration is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No server is named.
    #[error("{SERVERS} is not set; set it to the memcached servers, as HOST:PORT[,HOST:PORT...]")]
    NoServers,
    /// The address of a server is invalid.
    #[error("{SERVERS} is not a list of servers: {0}")]
    Server(InvalidAddress),
    /// A server is named twice.
    #[error("{SERVERS} has {0} twice; name each server once")]
    Twice(ServerAddress),
    /// The timeout is invalid.
    #[error("{TIMEOUT} is {0:?}; set it to milliseconds from 1 to {MAX_TIMEOUT_MS}, or not at all")]
    Timeout(String),
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Other(error.to_string())
    }
}

impl Config {
    /// The configuration in these variables and their values.
    ///
    /// # Errors
    ///
    /// The error names the variable that is wrong, and says what to set it to.
    pub fn from_environment(variables: &[(String, String)]) -> Result<Self, ConfigError> {
        let value = |wanted| variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.trim());
        let servers = value(SERVERS).filter(|servers| !servers.is_empty()).ok_or(ConfigError::NoServers)?;
        let timeout = value(TIMEOUT).map_or(Ok(DEFAULT_TIMEOUT_MS), milliseconds)?;
        Ok(Self { servers: self::servers(servers)?, timeout: Duration::from_millis(timeout) })
    }
}

fn servers(text: &str) -> Result<Vec<ServerAddress>, ConfigError> {
    let parsed = text.split(',').map(|server| server.trim().parse().map_err(ConfigError::Server));
    let servers: Vec<ServerAddress> = parsed.collect::<Result<_, _>>()?;
    let mut seen = BTreeSet::new();
    match servers.iter().find(|server| !seen.insert(server.to_string())) {
        Some(twice) => Err(ConfigError::Twice(twice.clone())),
        None => Ok(servers),
    }
}

fn milliseconds(text: &str) -> Result<u64, ConfigError> {
    let number = text.parse().ok().filter(|number| (1..=MAX_TIMEOUT_MS).contains(number));
    number.ok_or_else(|| ConfigError::Timeout(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(servers: &str, timeout: Option<&str>) -> Result<Config, ConfigError> {
        let servers = Some((SERVERS.into(), servers.into()));
        let timeout = timeout.map(|timeout| (TIMEOUT.into(), timeout.into()));
        let variables: Vec<_> = servers.into_iter().chain(timeout).collect();
        Config::from_environment(&variables)
    }

    #[test]
    fn servers_are_named_as_for_the_store_of_the_host() {
        let config = config("cache-1, [2001:db8::1]:11212", None).unwrap();
        let servers: Vec<_> = config.servers.iter().map(ServerAddress::to_string).collect();
        assert_eq!(servers, ["cache-1:11211", "[2001:db8::1]:11212"]);
        assert_eq!(config.timeout, Duration::from_secs(2));
    }

    #[test]
    fn the_timeout_is_in_milliseconds() {
        assert_eq!(config("h", Some("250")).unwrap().timeout, Duration::from_millis(250));
        for bad in ["", "0", "-1", "2s", "600001"] {
            assert_eq!(config("h", Some(bad)), Err(ConfigError::Timeout(bad.into())));
        }
    }

    #[test]
    fn errors_name_the_variable() {
        assert_eq!(Config::from_environment(&[]), Err(ConfigError::NoServers));
        assert_eq!(config(" ", None), Err(ConfigError::NoServers));
        assert!(matches!(config("h:x", None), Err(ConfigError::Server(InvalidAddress::Port(_)))));
        assert!(matches!(config("h,g,h:11211", None), Err(ConfigError::Twice(_))));
        let text = config("h:x", None).unwrap_err().to_string();
        assert!(text.contains(SERVERS) && text.contains("65535"), "{text}");
    }
}
