//! Versions that are numbers, as eight bytes.

use super::check::InvalidRequest;
use crate::key_value::Version;

impl Version {
    /// The version that says "there is no entry": the state after a delete.
    pub(super) fn of_nothing() -> Self {
        Self(Vec::new())
    }

    /// The version of this number. Zero stands for no version at all.
    pub(super) fn from_number(number: u64) -> Self {
        Self(number.to_be_bytes().to_vec())
    }

    /// The number behind a version that [`Version::from_number`] made.
    ///
    /// # Errors
    ///
    /// When it is none. To answer `stale` would be a guess: the key may hold nothing.
    pub(super) fn number(&self) -> Result<u64, InvalidRequest> {
        let bytes = <[u8; 8]>::try_from(self.0.as_slice()).map_err(|_| InvalidRequest::ForeignVersion)?;
        match u64::from_be_bytes(bytes) {
            0 => Err(InvalidRequest::ForeignVersion),
            number => Ok(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_survives_being_a_version() {
        for number in [1, 256, u64::MAX] {
            assert_eq!(Version::from_number(number).number(), Ok(number));
        }
    }

    #[test]
    fn what_is_no_version_of_ours_is_refused() {
        for bytes in [vec![], vec![0; 8], vec![1; 7], vec![1; 9]] {
            assert_eq!(Version(bytes).number(), Err(InvalidRequest::ForeignVersion));
        }
    }
}
