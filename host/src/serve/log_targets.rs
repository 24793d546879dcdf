//! What the lines of the log are about, for choosing among them with `RUST_LOG`.

/// One line for each request.
pub(super) const ACCESS: &str = "access";

/// What applications print, and how they fail.
pub(super) const APPLICATION: &str = "application";
