//! The targets of log lines, by which `RUST_LOG` selects them.

/// One line for each request.
pub(crate) const ACCESS: &str = "access";

/// The output of applications, and their failures.
pub(crate) const APPLICATION: &str = "application";

/// The failures of stores.
pub(crate) const STORE: &str = "store";
