//! The pages of the repository, and what they are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are no part of the repository: what was installed or built, and Git's own.
const LEFT_OUT: [&str; 4] = [".git", "node_modules", "target", "venv"];

/// Everything in the repository, relative to its top.
pub struct Repository {
    root: PathBuf,
    pub entries: BTreeSet<PathBuf>,
}

impl Repository {
    pub fn open() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        let (mut entries, mut folders) = (BTreeSet::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
                    continue;
                }
                entries.insert(entry.path().strip_prefix(&root).unwrap().to_owned());
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        Self { root, entries }
    }

    /// All pages in Markdown.
    pub fn pages(&self) -> Vec<Page> {
        let is_page = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "md");
        let pages: Vec<_> = self.entries.iter().filter(is_page).map(|path| self.page(path)).collect();
        assert!(pages.iter().any(|page| page.path == Path::new("README.md")));
        pages
    }

    fn page(&self, path: &Path) -> Page {
        Page { path: path.to_owned(), text: fs::read_to_string(self.root.join(path)).unwrap() }
    }

    /// Whether there is something under a path that is relative to the folder of this page.
    pub fn has_beside(&self, page: &Page, path: &str) -> bool {
        self.root.join(page.folder()).join(path).exists()
    }

    /// The page to which a link of another page leads; none if it leads elsewhere.
    pub fn linked_page(&self, from: &Page, path: &str) -> Option<Page> {
        if path.is_empty() {
            return Some(self.page(&from.path));
        }
        let target = self.root.join(from.folder()).join(path).canonicalize().ok()?;
        let target = target.strip_prefix(self.root.canonicalize().unwrap()).ok()?;
        target.extension().is_some_and(|extension| extension == "md").then(|| self.page(target))
    }
}

/// A page in Markdown.
pub struct Page {
    pub path: PathBuf,
    text: String,
}

/// A link that leads to something in the repository.
pub struct Link {
    /// Relative to the folder of the page; empty for the page itself.
    pub path: String,
    /// The heading that it leads to.
    pub anchor: Option<String>,
}

impl Page {
    fn folder(&self) -> &Path {
        self.path.parent().unwrap()
    }

    /// The lines inside and outside of blocks of code.
    fn lines(&self) -> (Vec<&str>, Vec<&str>) {
        let (mut inside, mut outside, mut is_inside) = (Vec::new(), Vec::new(), false);
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                is_inside = !is_inside;
            } else {
                if is_inside { &mut inside } else { &mut outside }.push(line);
            }
        }
        (inside, outside)
    }

    /// The text, and the code in it that is set in backticks. A backtick without another one ends with its paragraph.
    fn text_and_spans(&self) -> (String, Vec<String>) {
        let (mut text, mut spans) = (String::new(), Vec::new());
        for paragraph in self.lines().1.join("\n").split("\n\n") {
            for (position, part) in paragraph.split('`').enumerate() {
                if position % 2 == 0 { text += part } else { spans.push(part.replace('\n', " ")) }
            }
            text += "\n\n";
        }
        (text, spans)
    }

    /// The code that is set in backticks.
    pub fn spans(&self) -> Vec<String> {
        self.text_and_spans().1
    }

    /// All code: the lines of blocks, and what is set in backticks.
    pub fn code(&self) -> Vec<String> {
        let mut code = self.spans();
        code.extend(self.lines().0.into_iter().map(str::to_owned));
        code
    }

    /// The links to what is in the repository.
    pub fn links(&self) -> Vec<Link> {
        let (text, _) = self.text_and_spans();
        let targets = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        let inside = targets.filter(|target| !target.contains("://"));
        let link = |target: &str| match target.split_once('#') {
            Some((path, anchor)) => Link { path: path.to_owned(), anchor: Some(anchor.to_owned()) },
            None => Link { path: target.to_owned(), anchor: None },
        };
        inside.map(link).collect()
    }

    /// What links can name after `#`: a word for each heading, as GitHub makes them.
    pub fn anchors(&self) -> BTreeSet<String> {
        let (mut anchors, mut seen) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
        for line in self.lines().1.into_iter().filter(|line| line.starts_with('#')) {
            let anchor = anchor(line.trim_start_matches('#').trim());
            let times = seen.entry(anchor.clone()).and_modify(|times| *times += 1).or_default();
            anchors.insert(if *times == 0 { anchor } else { format!("{anchor}-{times}") });
        }
        anchors
    }
}

/// Letters in lower case, digits, `_` and `-`; a space becomes `-`, and nothing else stays. Of a link, its text counts.
fn anchor(heading: &str) -> String {
    let mut parts = heading.split("](");
    let mut text = parts.next().unwrap().to_owned();
    parts.for_each(|part| text += part.split_once(')').map_or("", |(_, rest)| rest));
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

#[test]
fn headings_become_anchors_as_on_github() {
    for (heading, expected) in [
        ("wasmtime's own server", "wasmtimes-own-server"),
        ("Python, and Node.js", "python-and-nodejs"),
        ("`wasi:keyvalue`", "wasikeyvalue"),
        ("Run it on …", "run-it-on-"),
        ("A [link](docs/design.md) in it", "a-link-in-it"),
    ] {
        assert_eq!(anchor(heading), expected);
    }
}
