//! The files of the page, which are part of the program.

/// A file of the page.
pub(crate) struct File {
    pub(crate) content_type: &'static str,
    pub(crate) content: &'static str,
}

/// The file at a path.
pub(crate) fn file(_path: &str) -> Option<File> {
    None
}
