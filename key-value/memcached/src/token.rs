//! What a version consists of.

use lovely_session_key_value::Version;
use lovely_session_key_value::check::InvalidRequest;

use crate::process::Epoch;

/// memcached's number for a version, and the process that counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The process.
    pub epoch: Epoch,
    /// memcached's `cas`. It is never 0, which memcached reads as "do not compare".
    pub cas: u64,
}

impl From<Token> for Version {
    fn from(Token { epoch, cas }: Token) -> Self {
        Self([epoch.0.to_be_bytes(), cas.to_be_bytes()].concat())
    }
}

impl TryFrom<&Version> for Token {
    type Error = InvalidRequest;

    /// # Errors
    ///
    /// When this store has not made the version. `stale` would be a guess, because the key may hold nothing.
    fn try_from(version: &Version) -> Result<Self, InvalidRequest> {
        let bytes = <[u8; 16]>::try_from(version.0.as_slice()).map_err(|_| InvalidRequest::ForeignVersion)?;
        let number = u128::from_be_bytes(bytes);
        // The two halves of 128 bits.
        match ((number >> 64) as u64, number as u64) {
            (_, 0) => Err(InvalidRequest::ForeignVersion),
            (epoch, cas) => Ok(Self { epoch: Epoch(epoch), cas }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_being_a_version() {
        for cas in [1, 256, u64::MAX] {
            let token = Token { epoch: Epoch(u64::MAX - 1), cas };
            assert_eq!(Token::try_from(&Version::from(token)), Ok(token));
        }
    }

    #[test]
    fn a_version_of_another_store_is_refused() {
        for bytes in [vec![], vec![1; 8], vec![0; 16], vec![1; 17]] {
            assert_eq!(Token::try_from(&Version(bytes)), Err(InvalidRequest::ForeignVersion));
        }
    }
}
