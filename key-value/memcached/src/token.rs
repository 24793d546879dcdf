//! What a version consists of.

use lovely_session_key_value::Version;
use lovely_session_key_value::check::InvalidRequest;

use crate::generation::Generation;
use crate::process::Epoch;

/// memcached's number for a version, the process that counted it, and the generation under which it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The process.
    pub epoch: Epoch,
    /// memcached's `cas`. It is never 0, which memcached reads as "do not compare".
    pub cas: u64,
    /// The stamp of the entry; `None` if its key is in no family.
    pub generation: Option<Generation>,
}

impl From<Token> for Version {
    fn from(Token { epoch, cas, generation }: Token) -> Self {
        let stamp = generation.map_or(0, Generation::flags).to_be_bytes();
        Self([&epoch.0.to_be_bytes()[..], &cas.to_be_bytes(), &stamp].concat())
    }
}

impl TryFrom<&Version> for Token {
    type Error = InvalidRequest;

    /// # Errors
    ///
    /// When this store has not made the version. `stale` would be a guess, because the key may hold nothing.
    fn try_from(version: &Version) -> Result<Self, InvalidRequest> {
        let foreign = || InvalidRequest::ForeignVersion;
        let (epoch, rest) = version.0.split_first_chunk::<8>().ok_or_else(foreign)?;
        let (cas, stamp) = rest.split_first_chunk::<8>().ok_or_else(foreign)?;
        let stamp = <[u8; 4]>::try_from(stamp).map_err(|_| foreign())?;
        let generation = Generation::of_flags(u32::from_be_bytes(stamp));
        match u64::from_be_bytes(*cas) {
            0 => Err(foreign()),
            cas => Ok(Self { epoch: Epoch(u64::from_be_bytes(*epoch)), cas, generation }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_being_a_version() {
        for (cas, flags) in [(1, 0), (256, 1), (u64::MAX, u32::MAX)] {
            let generation = Generation::of_flags(flags);
            let token = Token { epoch: Epoch(u64::MAX - 1), cas, generation };
            assert_eq!(Token::try_from(&Version::from(token)), Ok(token));
        }
    }

    #[test]
    fn a_version_of_another_store_is_refused() {
        for bytes in [vec![], vec![1; 8], vec![1; 16], vec![0; 20], vec![1; 21]] {
            assert_eq!(Token::try_from(&Version(bytes)), Err(InvalidRequest::ForeignVersion));
        }
    }
}
