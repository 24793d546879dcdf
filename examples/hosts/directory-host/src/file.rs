//! One entry as a file: its version, when it expires, and its value.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lovely_session_host::Lifetime;

/// Bytes in front of the value: the version, and the milliseconds since the Unix epoch at which it expires (0 for
/// never), each as a number of eight bytes.
const HEAD: usize = 16;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub version: [u8; 8],
    pub deadline: Option<Duration>,
    pub value: Vec<u8>,
}

impl Item {
    /// None if these are not the bytes of an entry.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk::<8>()?;
        let (deadline, value) = rest.split_first_chunk::<8>()?;
        let deadline = match u64::from_be_bytes(*deadline) {
            0 => None,
            milliseconds => Some(Duration::from_millis(milliseconds)),
        };
        Some(Self { version: *version, deadline, value: value.to_vec() })
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let deadline = self.deadline.map_or(0, |deadline| deadline.as_millis() as u64);
        let mut bytes = Vec::with_capacity(HEAD + self.value.len());
        bytes.extend(self.version);
        bytes.extend(deadline.to_be_bytes());
        bytes.extend(&self.value);
        bytes
    }

    pub fn is_live(&self, now: Duration) -> bool {
        self.deadline.is_none_or(|deadline| now < deadline)
    }

    pub fn seconds_left(&self, now: Duration) -> Option<u32> {
        let left = self.deadline?.saturating_sub(now).as_secs();
        Some(u32::try_from(left).unwrap_or(u32::MAX))
    }
}

/// The time that all processes on this machine share, since the Unix epoch.
pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// When a lifetime that begins now is over.
pub fn deadline(lifetime: Lifetime) -> Option<Duration> {
    match lifetime {
        Lifetime::NeverExpires => None,
        Lifetime::Seconds(seconds) => Some(now() + Duration::from_secs(seconds.into())),
    }
}
