//! Why the check of a rule stops.

use lovely_session_key_value::Error;

/// Why a rule was not found to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    Unsupported(String),
    NotTried(String),
    Broken(String),
}

/// The result of a rule's check: `Ok` if the store keeps the rule.
pub(crate) type Checked = Result<(), Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::Unsupported(text) => Self::Unsupported(text),
            other => Self::Broken(format!("a call failed: {other}")),
        }
    }
}

/// Stops a check as broken unless a condition holds.
macro_rules! ensure {
    ($holds:expr, $($how:tt)+) => {
        if !$holds {
            return Err($crate::stop::Stop::Broken(format!($($how)+)));
        }
    };
}

/// Stops a check as broken unless a result is the expected one.
macro_rules! ensure_eq {
    ($result:expr, $expected:expr, $($call:tt)+) => {{
        let (result, expected) = (&$result, &$expected);
        if result != expected {
            let call = format!($($call)+);
            return Err($crate::stop::Stop::Broken(format!(
                "{call}: the result is {result:?} instead of {expected:?}"
            )));
        }
    }};
}

pub(crate) use {ensure, ensure_eq};
