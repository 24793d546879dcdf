//! Creates a directory with files, as a whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use super::template::File;

/// Why a directory could not be created.
#[derive(Debug)]
pub enum CreateError {
    /// There is something at the path already.
    Exists,
    /// The file system refuses to create the directory or a file.
    Write(io::Error),
}

impl From<io::Error> for CreateError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Creates the directory `path` with these files.
///
/// The files are written into a temporary directory next to it, which is renamed at the end and removed after a failure.
///
/// # Errors
///
/// Fails as [`CreateError`] says; then nothing is left in the file system.
pub fn create(path: &Path, files: &[File]) -> Result<(), CreateError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(CreateError::Exists);
    }
    let temporary = Temporary::create(path)?;
    for file in files {
        temporary.write(file)?;
    }
    Ok(fs::rename(&temporary.path, path)?)
}

/// A directory that is removed when this is dropped, if it still has its name.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Creates a directory with a hidden name next to `path`, so that renaming it stays in one file system.
    fn create(path: &Path) -> io::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = path.with_file_name(format!(".{name}.{}", process::id()));
        fs::create_dir(&path)?;
        Ok(Self { path })
    }

    fn write(&self, file: &File) -> io::Result<()> {
        let path = self.path.join(file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &file.text)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the renaming there is nothing to remove; after a failure, that failure is reported.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn file(path: &'static str) -> File {
        File { path, text: "text".to_owned() }
    }

    fn names_in(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_directory_gets_all_files() {
        let parent = TempDir::new().unwrap();
        let path = parent.path().join("shop");
        create(&path, &[file("a"), file("b/c")]).unwrap();
        assert_eq!(fs::read_to_string(path.join("b/c")).unwrap(), "text");
        assert_eq!(names_in(parent.path()), ["shop"]);
    }

    #[test]
    fn nothing_is_left_of_a_directory_with_a_file_that_cannot_be_written() {
        let parent = TempDir::new().unwrap();
        let error = create(&parent.path().join("shop"), &[file("a"), file("a/b")]).unwrap_err();
        assert!(matches!(error, CreateError::Write(_)), "{error:?}");
        assert_eq!(names_in(parent.path()), [""; 0]);
    }

    #[test]
    fn an_existing_path_is_left_as_it_is() {
        let parent = TempDir::new().unwrap();
        let path = parent.path().join("shop");
        fs::create_dir(&path).unwrap();
        let error = create(&path, &[file("a")]).unwrap_err();
        assert!(matches!(error, CreateError::Exists), "{error:?}");
        assert_eq!(names_in(parent.path()), ["shop"]);
        assert_eq!(names_in(&path), [""; 0]);
    }
}
