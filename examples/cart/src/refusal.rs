//! Responses with errors.

use lovely_session::Error;

use crate::request::Verb;

/// Why a request was not done, for the client.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, and what to do. It never repeats input of the client.
    pub message: &'static str,
    /// The allowed methods, for a 405.
    pub allow: Option<Verb>,
}

impl Refusal {
    pub const fn new(status: u16, message: &'static str) -> Self {
        Self { status, message, allow: None }
    }

    pub const fn bad_request(message: &'static str) -> Self {
        Self::new(400, message)
    }

    pub const fn method_not_allowed(allow: Verb) -> Self {
        Self { status: 405, message: "this address does not know this method", allow: Some(allow) }
    }
}

/// The response to a failure of the sessions.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict(_) | Error::Gone(_) | Error::Ended(_) => {
                Self::new(503, "too many requests changed this cart at the same time; try again")
            }
            Error::Unavailable(_) => Self::new(503, "the cart cannot be reached now; try again later"),
            Error::OutcomeUnknown(_) => {
                Self::new(503, "it is not known whether this was done; look at the cart, then decide")
            }
            Error::TooLarge(_) => Self::new(413, "the cart is full; remove something first"),
            Error::Damaged(_) => Self::new(500, "the stored cart is damaged; tell the people of this site"),
            Error::UnknownFormat(_) => Self::new(500, "the cart was stored by a newer version of this site"),
            Error::Unsupported(_) => Self::new(500, "the store of this site cannot keep sessions"),
            Error::Denied(_) => Self::new(500, "the store of this site refused access"),
            // Something else than this application wrote to the session.
            Error::WrongType(_) | Error::NotACounter(_) => {
                Self::new(500, "the session holds something that is not a cart")
            }
            _ => Self::new(500, "something is wrong with this site"),
        }
    }
}
