//! The address of a memcached server.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// The port that memcached listens on unless told otherwise.
const DEFAULT_PORT: u16 = 11211;

/// The address of a memcached server, as `HOST`, `HOST:PORT` or `[IPV6]:PORT`. The port is 11211 when it
/// is absent.
///
/// Which server keeps a key depends on the texts of the addresses, so every process that shares the servers has to write
/// them in the same way: `localhost` and `127.0.0.1` are two servers. The order does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    /// An IPv6 address is without its brackets.
    host: String,
    port: u16,
}

/// Why a text is not a [`ServerAddress`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// There is no host before the port, or nothing at all.
    #[error("{0:?} has no host; write HOST or HOST:PORT")]
    NoHost(String),
    /// The host has an invalid character.
    #[error("{0:?} is not a host name; it may hold letters, digits, '.', '-' and '_'")]
    Host(String),
    /// The text in brackets is not an IPv6 address, or an IPv6 address is not in brackets.
    #[error("{0:?} is not an address; write an IPv6 address as [2001:db8::1]:11211")]
    Ipv6(String),
    /// The port is not a number from 1 to 65535.
    #[error("{0:?} is not a port; a port is a number from 1 to 65535")]
    Port(String),
}

impl ServerAddress {
    /// The name or the IP address; an IPv6 address is without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for ServerAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => split_ipv6(text, rest)?,
            None => split_name(text)?,
        };
        Ok(Self { host, port: port.map_or(Ok(DEFAULT_PORT), parse_port)? })
    }
}

/// Prints `HOST:PORT`, always with the port. Keys are routed by this text.
impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn split_ipv6<'a>(text: &str, rest: &'a str) -> Result<(String, Option<&'a str>), InvalidAddress> {
    let invalid = || InvalidAddress::Ipv6(text.to_owned());
    let (host, port) = rest.split_once(']').ok_or_else(invalid)?;
    let host: Ipv6Addr = host.parse().map_err(|_| invalid())?;
    match port {
        "" => Ok((host.to_string(), None)),
        port => Ok((host.to_string(), Some(port.strip_prefix(':').ok_or_else(invalid)?))),
    }
}

fn split_name(text: &str) -> Result<(String, Option<&str>), InvalidAddress> {
    let (host, port) = match text.split_once(':') {
        Some((_, port)) if port.contains(':') => return Err(InvalidAddress::Ipv6(text.to_owned())),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    if host.is_empty() {
        return Err(InvalidAddress::NoHost(text.to_owned()));
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        return Err(InvalidAddress::Host(host.to_owned()));
    }
    Ok((host.to_owned(), port))
}

fn parse_port(text: &str) -> Result<u16, InvalidAddress> {
    match text.parse() {
        Ok(port) if port > 0 && !text.starts_with('+') => Ok(port),
        _ => Err(InvalidAddress::Port(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, InvalidAddress> {
        text.parse::<ServerAddress>().map(|address| address.to_string())
    }

    #[test]
    fn an_address_is_printed_with_its_port() {
        assert_eq!(shown("cache-1.example_net").unwrap(), "cache-1.example_net:11211");
        assert_eq!(shown("127.0.0.1:9").unwrap(), "127.0.0.1:9");
        assert_eq!(shown("[::1]").unwrap(), "[::1]:11211");
        assert_eq!(shown("[2001:DB8:0::1]:65535").unwrap(), "[2001:db8::1]:65535");
    }

    #[test]
    fn an_invalid_address_says_why() {
        let text = |text: &str| text.to_owned();
        assert_eq!(shown(""), Err(InvalidAddress::NoHost(text(""))));
        assert_eq!(shown(":1"), Err(InvalidAddress::NoHost(text(":1"))));
        assert_eq!(shown("a b:1"), Err(InvalidAddress::Host(text("a b"))));
        assert_eq!(shown("user@host"), Err(InvalidAddress::Host(text("user@host"))));
        for bad in ["::1", "1:2:3", "[::1", "[nonsense]:1", "[::1]x", "[127.0.0.1]:1"] {
            assert_eq!(shown(bad), Err(InvalidAddress::Ipv6(text(bad))));
        }
        for bad in ["", "0", "+1", "65536", "http"] {
            assert_eq!(shown(&format!("h:{bad}")), Err(InvalidAddress::Port(text(bad))));
        }
    }
}
