//! The table of `docs/languages.md`: what it names exists in the SDKs, and what it says is tested.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../../docs/languages.md");
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The cells of each row of the table, without its head.
fn rows() -> Vec<Vec<&'static str>> {
    let table = PAGE.split("## What each SDK offers").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands between backticks in a cell.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// All sources with this ending under a directory of the repository.
fn sources(directory: &str, ending: &str) -> String {
    let mut text = String::new();
    let mut directories = vec![Path::new(REPOSITORY).join(directory)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    text
}

/// Whether sources define this name: a function, a type, or a member with a type.
fn defines(sources: &str, name: &str) -> bool {
    let before = |place: usize| sources[..place].trim_end().rsplit([' ', '\n', '(', '/']).next().unwrap();
    sources.match_indices(name).any(|(place, _)| {
        let after = &sources[place + name.len()..];
        let is_whole = !sources[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let begins = matches!(before(place), "fn" | "struct" | "enum" | "class" | "function" | "def" | "get");
        let is_member = ["(", "<", ":", "?:", ",\n"].iter().any(|next| after.starts_with(next));
        let ends = after.starts_with(|c: char| !c.is_alphanumeric() && c != '_');
        is_whole && ends && (begins || is_member)
    })
}

#[test]
fn the_packages_have_the_version_of_the_workspace() {
    let version = env!("CARGO_PKG_VERSION");
    let file = |path: &str| fs::read_to_string(Path::new(REPOSITORY).join(path)).unwrap();
    assert!(file("sdk/javascript/package.json").contains(&format!("\"version\": \"{version}\"")));
    assert!(file("sdk/python/pyproject.toml").contains(&format!("version = \"{version}\"")));
}

#[test]
fn every_row_names_what_each_sdk_calls_it() {
    let sdks =
        [sources("sdk/rust/src", "rs"), sources("sdk/javascript/src", "ts"), sources("sdk/python/src", "py")];
    let rows = rows();
    assert!(rows.len() > 15, "{rows:?}");
    for row in rows {
        let [_, rust, javascript, python, _] = row[..] else { panic!("{row:?}") };
        for (cell, sources) in [rust, javascript, python].into_iter().zip(&sdks) {
            assert!(cell == "none" || names(cell).count() > 0, "{row:?}");
            for path in names(cell) {
                let name = path.rsplit(['.', ':']).next().unwrap();
                assert!(defines(sources, name), "no SDK defines {name}: {row:?}");
            }
        }
    }
}

#[test]
fn every_row_names_a_test_that_there_is() {
    for row in rows() {
        let tests = row.last().unwrap();
        assert!(names(tests).count() > 0, "{row:?}");
        for test in names(tests) {
            let (module, name) = test.split_once("::").unwrap();
            let path = Path::new(REPOSITORY).join("tests/suite/sdk").join(format!("{module}.rs"));
            let source = fs::read_to_string(path).unwrap();
            assert!(source.contains(&format!("async fn {name}(")), "there is no test {test}");
            let is_listed = source.contains(&format!("\n    {name},\n"));
            let is_single = source.contains(&format!("#[tokio::test]\nasync fn {name}("));
            assert!(is_listed || is_single, "{test} is not run in every language");
        }
    }
}
