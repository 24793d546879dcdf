//! What pages refer to exists.

use std::collections::BTreeSet;
use std::path::Path;

use super::markdown::Repository;

const MAKEFILE: &str = include_str!("../../../Makefile");
const README: &str = include_str!("../../../README.md");

/// The most bytes that the first page may have.
const README_BYTES: usize = 8500;

#[test]
fn the_readme_is_short() {
    assert!(README.len() <= README_BYTES, "the README has {} bytes; move something to docs/", README.len());
}

#[test]
fn every_link_leads_to_something_in_the_repository() {
    let (repository, mut wrong) = (Repository::open(), Vec::new());
    for page in repository.pages() {
        for link in page.links().iter().filter(|link| !link.path.is_empty()) {
            if !repository.has_beside(&page, &link.path) {
                wrong.push(format!("{}: {}", page.path.display(), link.path));
            }
        }
    }
    assert!(wrong.is_empty(), "these links lead nowhere: {wrong:#?}");
}

#[test]
fn every_anchor_of_a_link_is_a_heading() {
    let (repository, mut wrong) = (Repository::open(), Vec::new());
    for page in repository.pages() {
        for link in page.links() {
            let Some(anchor) = link.anchor else { continue };
            let target = repository.linked_page(&page, &link.path);
            if !target.is_some_and(|target| target.anchors().contains(&anchor)) {
                wrong.push(format!("{}: {}#{anchor}", page.path.display(), link.path));
            }
        }
    }
    assert!(wrong.is_empty(), "there are no such headings: {wrong:#?}");
}

#[test]
fn every_path_in_backticks_exists() {
    let (repository, mut wrong) = (Repository::open(), Vec::new());
    for page in repository.pages() {
        for span in page.spans() {
            let paths = span.split_whitespace().filter(|word| is_path(&repository, word));
            for path in paths.filter(|path| !repository.has_beside(&page, path)) {
                if !exists(&repository, path) {
                    wrong.push(format!("{}: {path}", page.path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "these paths do not exist: {wrong:#?}");
}

/// A word is a path if it begins with the name of something at the top of the repository and a slash, if it ends with a
/// slash, or if it ends like a file in Rust, Markdown, WIT, shell or TOML. What is built into `target` comes and goes.
fn is_path(repository: &Repository, word: &str) -> bool {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'));
    let is_file = [".rs", ".md", ".wit", ".sh", ".toml"]
        .iter()
        .any(|ending| word.strip_suffix(ending).is_some_and(|name| !name.is_empty()));
    let is_path = is_below_the_top(repository, word) || word.ends_with('/') || is_file;
    is_plain && is_path && !word.starts_with('/') && !word.starts_with("target/")
}

fn is_below_the_top(repository: &Repository, word: &str) -> bool {
    word.split_once('/').is_some_and(|(first, _)| repository.entries.contains(Path::new(first)))
}

/// Folders are named from the top. Files may be named by the end of their path where the page makes clear which is meant:
/// `set.rs`, or `commit/set.rs`.
fn exists(repository: &Repository, path: &str) -> bool {
    if path.ends_with('/') || is_below_the_top(repository, path) {
        return repository.entries.contains(Path::new(path.trim_end_matches('/')));
    }
    repository.entries.iter().any(|entry| entry.ends_with(path))
}

#[test]
fn every_make_target_that_a_page_names_exists() {
    let mut named = BTreeSet::new();
    for page in Repository::open().pages() {
        for code in page.code() {
            let command = code.trim_start().trim_start_matches("$ ");
            let words = command.strip_prefix("make ").map(str::split_whitespace);
            // Some words set variables.
            let target = words.and_then(|mut words| words.find(|word| !word.contains('=')));
            named.extend(target.map(|target| (target.to_owned(), page.path.clone())));
        }
    }
    for target in ["run", "test"] {
        assert!(named.contains(&(target.to_owned(), "README.md".into())), "{named:?}");
    }
    named.retain(|(target, _)| !MAKEFILE.contains(&format!("\n{target}: ")));
    assert!(named.is_empty(), "there are no such `make` targets: {named:#?}");
}
