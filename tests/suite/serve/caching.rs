//! Compiled code on disk: when it is used, and when it is not trusted.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::thread;

use lovely_session_host::serve::{Application, CacheProblem, CodeCache, Loaded};
use tempfile::TempDir;

use super::running::{RunningServer, limits, misbehaving_file};
use super::with_names_replaced;

/// The user that owns no files.
const NOBODY: u32 = 65534;

/// A cache in a directory of its own.
struct Place {
    directory: TempDir,
    cache: CodeCache,
}

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let cache = CodeCache::open(directory.path()).unwrap();
        Self { directory, cache }
    }

    /// A cache that has the code of the misbehaving application.
    fn with_code() -> Self {
        let place = Self::new();
        assert!(place.load().compiled);
        place
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

    /// Checks that the file was not trusted, for this reason, and that a good one has taken its place.
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
async fn an_application_is_compiled_once_and_then_answers_from_the_cache() {
    let place = Place::new();
    let first = place.load();
    assert!(first.compiled && first.problems.is_empty(), "{:?}", first.problems);
    let second = place.load();
    assert!(!second.compiled && second.problems.is_empty(), "{:?}", second.problems);
    let server = RunningServer::serve(second.application).await;
    assert_eq!(server.get("/hello").await, (200, "hello\n".to_owned()));
}

#[test]
fn another_application_is_compiled_and_kept_beside_the_first() {
    let place = Place::with_code();
    let other = with_names_replaced(misbehaving_file(), "no such behaviour", "no such behavi0ur");
    assert!(place.load_file(&other).compiled);
    assert!(!place.load_file(&other).compiled);
    place.assert_used();
    assert_eq!(place.files().len(), 2);
}

#[test]
fn what_cannot_be_served_is_not_kept() {
    let place = Place::new();
    let unknown = with_names_replaced(misbehaving_file(), "wasi:cli/stdout@", "acme:cli/stdout@");
    assert!(Application::load_cached(&unknown, limits(), &place.cache).is_err());
    assert_eq!(place.files(), Vec::<PathBuf>::new());
}

#[test]
fn only_this_user_may_touch_what_the_cache_makes() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("of/mine");
    let cache = CodeCache::open(&path).unwrap();
    Application::load_cached(&misbehaving_file(), limits(), &cache).unwrap();
    assert_eq!((mode(&above.path().join("of")), mode(&path)), (0o700, 0o700));
    let file = fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_file_of_which_one_byte_changed_is_compiled_again() {
    let place = Place::with_code();
    let file = place.file();
    let mut content = fs::read(&file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&file, content).unwrap();
    place.assert_replaced(|problem| matches!(problem, CacheProblem::Damaged { path } if *path == file));
}

#[test]
fn a_file_that_was_cut_off_is_compiled_again() {
    for length in [0, 20, 4096] {
        let place = Place::with_code();
        fs::File::options().write(true).open(place.file()).unwrap().set_len(length).unwrap();
        place.assert_replaced(|problem| matches!(problem, CacheProblem::Damaged { .. }));
    }
}

#[test]
fn the_code_of_another_application_is_not_taken_for_this_one() {
    let other = with_names_replaced(misbehaving_file(), "no such behaviour", "no such behavi0ur");
    let place = Place::new();
    place.load_file(&other);
    let others = place.file();
    place.load();
    let mine = place.files().into_iter().find(|file| *file != others).unwrap();
    fs::rename(&others, &mine).unwrap();
    place.assert_replaced(|problem| matches!(problem, CacheProblem::Damaged { .. }));
}

#[test]
fn a_file_that_others_can_write_is_not_trusted() {
    for writable in [0o620, 0o602] {
        let place = Place::with_code();
        set_mode(&place.file(), writable);
        place.assert_replaced(
            |problem| matches!(problem, CacheProblem::WritableByOthers { mode, .. } if *mode == writable),
        );
    }
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let place = Place::with_code();
    let elsewhere = TempDir::new().unwrap();
    let target = elsewhere.path().join("code");
    let file = place.file();
    fs::rename(&file, &target).unwrap();
    symlink(&target, &file).unwrap();
    place.assert_replaced(|problem| matches!(problem, CacheProblem::NoFile { .. }));
}

#[test]
fn a_directory_that_others_can_write_is_refused_and_left_alone() {
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
    // Who may give it away does; for everybody else, the root directory is another user's.
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
fn a_file_in_the_place_of_the_directory_is_refused() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(CodeCache::open(&file).unwrap_err(), CacheProblem::Open { .. }));
}

#[test]
fn starts_at_the_same_time_do_not_disturb_each_other() {
    let place = Place::new();
    thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| place.load())).collect();
        for start in starts {
            let loaded = start.join().unwrap();
            assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        }
    });
    place.file();
    place.assert_used();
}
