//! What the lines of the log are about, for choosing among them with `RUST_LOG`.

/// One line for each request.
pub(crate) const ACCESS: &str = "access";

/// What applications print, and how they fail.
pub(crate) const APPLICATION: &str = "application";

/// How stores fail.
pub(crate) const STORE: &str = "store";
