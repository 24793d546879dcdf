//! A directory that only this user can write to, and the files in it.

use std::ffi::CStr;
use std::fs::{DirBuilder, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, Dir, Mode, OFlags};

use super::key::Key;
use super::problem::CacheProblem;

/// The number of files that are kept; those that were not used for longest are removed.
const KEPT: usize = 32;

/// The suffixes of finished files and of those that are being written.
const FINISHED: &str = ".code";
const UNFINISHED: &str = ".new";

/// The age at which an unfinished file is removed: its process was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The write permissions of the group and of others.
const WRITE_FOR_OTHERS: u32 = 0o022;

/// All files are opened through the handle of the directory, so that the checked directory is the one that is used.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    handle: OwnedFd,
}

impl Directory {
    /// Opens a directory, and makes it if it does not exist.
    pub(super) fn open(path: &Path) -> Result<Self, CacheProblem> {
        let fail = |source| CacheProblem::Open { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fail)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| fail(error.into()))?;
        let handle = File::from(handle);
        check_owner(&handle.metadata().map_err(fail)?, path)?;
        Ok(Self { path: path.to_owned(), handle: handle.into() })
    }

    /// The path of the file of a key, for messages.
    pub(super) fn path_of(&self, key: &Key) -> PathBuf {
        self.path.join(name_of(key))
    }

    /// The content of the file of a key, if there is one.
    pub(super) fn read(&self, key: &Key) -> Result<Option<Vec<u8>>, CacheProblem> {
        let fail = |source| CacheProblem::Read { path: self.path_of(key), source };
        // Non-blocking, because it could be a pipe.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = match rustix::fs::openat(&self.handle, name_of(key), flags, Mode::empty()) {
            Ok(handle) => File::from(handle),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(CacheProblem::NoFile { path: self.path_of(key) }),
            Err(error) => return Err(fail(error.into())),
        };
        let metadata = file.metadata().map_err(fail)?;
        if !metadata.is_file() {
            return Err(CacheProblem::NoFile { path: self.path_of(key) });
        }
        check_owner(&metadata, &self.path_of(key))?;
        let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        file.read_to_end(&mut content).map_err(fail)?;
        // For `sweep`, which removes the files that were not used for longest. If this fails, it can remove a used one.
        let _marked_as_used = file.set_modified(SystemTime::now());
        Ok(Some(content))
    }

    /// Replaces the file of a key. Other processes see the old file or the new one, never a part of it.
    pub(super) fn write(&self, key: &Key, content: &[u8]) -> Result<(), CacheProblem> {
        let unfinished = format!("{key}.{:016x}{UNFINISHED}", random());
        let written = self
            .write_new(&unfinished, content)
            .and_then(|()| Ok(rustix::fs::renameat(&self.handle, &unfinished, &self.handle, name_of(key))?));
        if let Err(source) = written {
            self.remove(&unfinished);
            return Err(CacheProblem::Write { path: self.path_of(key), source });
        }
        self.sweep();
        Ok(())
    }

    fn write_new(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let handle = rustix::fs::openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)?;
        File::from(handle).write_all(content)
    }

    /// Removes surplus and abandoned files. Failures are only logged.
    fn sweep(&self) {
        let mut finished = Vec::new();
        for (name, modified) in self.files() {
            if name.ends_with(FINISHED) {
                finished.push((modified, name));
            } else if name.ends_with(UNFINISHED) && modified.elapsed().is_ok_and(|age| age > ABANDONED) {
                self.remove(&name);
            }
        }
        finished.sort();
        let surplus = finished.len().saturating_sub(KEPT);
        finished.iter().take(surplus).for_each(|(_, name)| self.remove(name));
    }

    /// The files, and when each was written or used last.
    fn files(&self) -> Vec<(String, SystemTime)> {
        let Ok(entries) = Dir::read_from(&self.handle) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| text(entry.file_name()));
        names
            .filter_map(|name| Some((self.modified(&name)?, name)))
            .map(|(time, name)| (name, time))
            .collect()
    }

    fn modified(&self, name: &str) -> Option<SystemTime> {
        let found = rustix::fs::statat(self.handle.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let since_epoch =
            Duration::new(u64::try_from(found.st_mtime).ok()?, u32::try_from(found.st_mtime_nsec).ok()?);
        Some(SystemTime::UNIX_EPOCH + since_epoch)
    }

    fn remove(&self, name: &str) {
        if let Err(error) = rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            tracing::debug!("cannot remove `{name}` from the cache: {error}");
        }
    }
}

fn name_of(key: &Key) -> String {
    format!("{key}{FINISHED}")
}

fn text(name: &CStr) -> Option<String> {
    name.to_str().ok().map(str::to_owned)
}

/// A random number, for unique names.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Checks that no other user could have written to the file or directory.
fn check_owner(metadata: &std::fs::Metadata, path: &Path) -> Result<(), CacheProblem> {
    let path = || path.to_owned();
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(CacheProblem::ForeignOwner { path: path(), owner: metadata.uid() });
    }
    if metadata.mode() & WRITE_FOR_OTHERS != 0 {
        return Err(CacheProblem::WritableByOthers { path: path(), mode: metadata.mode() & 0o777 });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use wasmtime::Engine;

    use super::*;

    /// Sets the time of the last use of a file.
    fn set_age(path: &Path, age: Duration) {
        let file = File::options().write(true).open(path).expect("the test wrote this file");
        file.set_modified(SystemTime::now() - age).expect("the test owns this file");
    }

    #[test]
    fn the_files_that_were_used_last_are_kept() {
        let temporary = TempDir::new().expect("there is room for a directory");
        let directory = Directory::open(temporary.path()).expect("the directory is the test's");
        let engine = Engine::default();
        let keys: Vec<Key> = (0..KEPT as u64 + 2).map(|n| Key::new(&engine, &[&n.to_le_bytes()])).collect();
        for (age, key) in keys.iter().enumerate() {
            directory.write(key, b"code").expect("it can be written");
            if let Ok(Some(_)) = directory.read(key) {
                set_age(&directory.path_of(key), Duration::from_secs(60 * (1 + age as u64)));
            }
        }
        // The last two have been the oldest; the next write removes them.
        let newest = Key::new(&engine, &[b"newest"]);
        directory.write(&newest, b"code").expect("it can be written");
        let kept = |key| directory.read(key).expect("it can be read").is_some();
        assert!(kept(&newest));
        assert_eq!(keys.iter().filter(|key| kept(key)).count(), KEPT - 1);
        assert!(keys.iter().take(KEPT - 1).all(kept));
    }

    #[test]
    fn unfinished_files_are_removed_after_an_hour() {
        let temporary = TempDir::new().expect("there is room for a directory");
        let directory = Directory::open(temporary.path()).expect("the directory is the test's");
        let [left, running] =
            ["left", "running"].map(|name| temporary.path().join(format!("{name}{UNFINISHED}")));
        for path in [&left, &running] {
            std::fs::write(path, "half").expect("it can be written");
        }
        set_age(&left, 2 * ABANDONED);
        directory.write(&Key::new(&Engine::default(), &[]), b"code").expect("it can be written");
        assert_eq!((left.exists(), running.exists()), (false, true));
    }
}
