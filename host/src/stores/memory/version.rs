//! Versions that are numbers, in eight bytes.

use lovely_session_key_value::Version;
use lovely_session_key_value::check::InvalidRequest;

/// The version with this number. Zero is not a version.
pub(super) fn of_number(number: u64) -> Version {
    Version(number.to_be_bytes().to_vec())
}

/// The number of a version that [`of_number`] made.
///
/// # Errors
///
/// When it is not such a version. The outcome cannot be `stale`, because the key may hold nothing.
pub(super) fn number(version: &Version) -> Result<u64, InvalidRequest> {
    let bytes = <[u8; 8]>::try_from(version.0.as_slice()).map_err(|_| InvalidRequest::ForeignVersion)?;
    match u64::from_be_bytes(bytes) {
        0 => Err(InvalidRequest::ForeignVersion),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_its_number() {
        for number in [1, 256, u64::MAX] {
            assert_eq!(super::number(&of_number(number)), Ok(number));
        }
    }

    #[test]
    fn versions_of_other_stores_are_refused() {
        for bytes in [vec![], vec![0; 8], vec![1; 7], vec![1; 9]] {
            assert_eq!(number(&Version(bytes)), Err(InvalidRequest::ForeignVersion));
        }
    }
}
