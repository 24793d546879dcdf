//! Compiled code on disk: when it is used, and when it is refused.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::thread;

use lovely_session_host::serve::{Application, CacheProblem, CodeCache, Loaded};
use tempfile::TempDir;

use super::running::{RunningServer, limits, misbehaving_file};
use super::with_names_replaced;

/// The user id of `nobody`.
const NOBODY: u32 = 65534;

/// A cache in a temporary directory.
struct TestCache {
    directory: TempDir,
    cache: CodeCache,
}

impl TestCache {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let cache = CodeCache::open(directory.path()).unwrap();
        Self { directory, cache }
    }

    /// A cache with the code of the program `misbehave`.
    fn with_code() -> Self {
        let cache = Self::new();
        assert!(cache.load().compiled);
        cache
    }

    fn load(&self) -> Loaded {
        self.load_file(&misbehaving_file())
    }

    fn load_file(&self, file: &[u8]) -> Loaded {
        Application::load_cached(file, limits(), &self.cache).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// The only file.
    fn file(&self) -> PathBuf {
        let mut files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    /// Checks that the file was refused, for the expected reason, and replaced by a valid one.
    fn assert_replaced(&self, is_expected: impl Fn(&CacheProblem) -> bool) {
        let loaded = self.load();
        let problems = &loaded.problems;
        assert!(loaded.compiled);
        assert!(problems.len() == 1 && is_expected(&problems[0]), "{problems:?}");
        self.assert_used();
    }

    fn assert_used(&self) {
        let loaded = self.load();
        assert!(!loaded.compiled && loaded.problems.is_empty(), "{:?}", loaded.problems);
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[tokio::test]
async fn an_application_is_compiled_once_and_then_loaded_from_the_cache() {
    let cache = TestCache::new();
    let first = cache.load();
    assert!(first.compiled && first.problems.is_empty(), "{:?}", first.problems);
    let second = cache.load();
    assert!(!second.compiled && second.problems.is_empty(), "{:?}", second.problems);
    let server = RunningServer::serve(second.application).await;
    assert_eq!(server.get("/hello").await, (200, "hello\n".to_owned()));
}

#[test]
fn another_application_is_compiled_and_kept_as_well() {
    let cache = TestCache::with_code();
    let other = with_names_replaced(misbehaving_file(), "no such behaviour", "no such behavi0ur");
    assert!(cache.load_file(&other).compiled);
    assert!(!cache.load_file(&other).compiled);
    cache.assert_used();
    assert_eq!(cache.files().len(), 2);
}

#[test]
fn an_application_that_cannot_be_served_is_not_kept() {
    let cache = TestCache::new();
    let unknown = with_names_replaced(misbehaving_file(), "wasi:cli/stdout@", "acme:cli/stdout@");
    assert!(Application::load_cached(&unknown, limits(), &cache.cache).is_err());
    assert_eq!(cache.files(), Vec::<PathBuf>::new());
}

#[test]
fn only_this_user_may_access_the_files_of_the_cache() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("of/mine");
    let cache = CodeCache::open(&path).unwrap();
    Application::load_cached(&misbehaving_file(), limits(), &cache).unwrap();
    assert_eq!((mode(&above.path().join("of")), mode(&path)), (0o700, 0o700));
    let file = fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_file_with_a_changed_byte_is_compiled_again() {
    let cache = TestCache::with_code();
    let file = cache.file();
    let mut content = fs::read(&file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&file, content).unwrap();
    cache.assert_replaced(|problem| matches!(problem, CacheProblem::Damaged { path } if *path == file));
}

#[test]
fn a_truncated_file_is_compiled_again() {
    for length in [0, 20, 4096] {
        let cache = TestCache::with_code();
        fs::File::options().write(true).open(cache.file()).unwrap().set_len(length).unwrap();
        cache.assert_replaced(|problem| matches!(problem, CacheProblem::Damaged { .. }));
    }
}

#[test]
fn the_code_of_another_application_is_not_used() {
    let other = with_names_replaced(misbehaving_file(), "no such behaviour", "no such behavi0ur");
    let cache = TestCache::new();
    cache.load_file(&other);
    let others = cache.file();
    cache.load();
    let mine = cache.files().into_iter().find(|file| *file != others).unwrap();
    fs::rename(&others, &mine).unwrap();
    cache.assert_replaced(|problem| matches!(problem, CacheProblem::Damaged { .. }));
}

#[test]
fn a_file_that_others_can_write_to_is_not_used() {
    for writable in [0o620, 0o602] {
        let cache = TestCache::with_code();
        set_mode(&cache.file(), writable);
        cache.assert_replaced(
            |problem| matches!(problem, CacheProblem::WritableByOthers { mode, .. } if *mode == writable),
        );
    }
}

#[test]
fn a_link_instead_of_a_file_is_not_followed() {
    let cache = TestCache::with_code();
    let elsewhere = TempDir::new().unwrap();
    let target = elsewhere.path().join("code");
    let file = cache.file();
    fs::rename(&file, &target).unwrap();
    symlink(&target, &file).unwrap();
    cache.assert_replaced(|problem| matches!(problem, CacheProblem::NoFile { .. }));
}

#[test]
fn a_directory_that_others_can_write_to_is_refused_and_not_changed() {
    for writable in [0o720, 0o702, 0o777] {
        let directory = TempDir::new().unwrap();
        set_mode(directory.path(), writable);
        let refusal = CodeCache::open(directory.path()).unwrap_err();
        assert!(
            matches!(&refusal, CacheProblem::WritableByOthers { mode, .. } if *mode == writable),
            "{refusal}"
        );
        assert!(refusal.to_string().contains("chmod go-w"), "{refusal}");
        assert_eq!(mode(directory.path()), writable);
    }
}

#[test]
fn a_directory_of_another_user_is_refused() {
    let directory = TempDir::new().unwrap();
    // Root can change the owner of a directory. For other users, the root directory is one of another user.
    let given_away = chown(directory.path(), Some(NOBODY), None).is_ok();
    let path = if given_away { directory.path() } else { Path::new("/") };
    let refusal = CodeCache::open(path).unwrap_err();
    let owner_of_it = fs::metadata(path).unwrap().uid();
    assert!(
        matches!(&refusal, CacheProblem::ForeignOwner { owner, .. } if *owner == owner_of_it),
        "{refusal}"
    );
}

#[test]
fn a_file_instead_of_the_directory_is_refused() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(CodeCache::open(&file).unwrap_err(), CacheProblem::Open { .. }));
}

#[test]
fn concurrent_starts_do_not_affect_each_other() {
    let cache = TestCache::new();
    thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| cache.load())).collect();
        for start in starts {
            let loaded = start.join().unwrap();
            assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        }
    });
    cache.file();
    cache.assert_used();
}
