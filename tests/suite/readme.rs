//! What the pages for people say, held to what is there; and the README's example, served.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lovely_session_host::Memory;
use lovely_session_host::serve::{Application, Limits, Server};

const README: &str = include_str!("../../README.md");
const COUNTER: &str = include_str!("../../examples/counter/src/lib.rs");
const MAKEFILE: &str = include_str!("../../Makefile");

#[test]
fn the_readme_shows_the_counter_s_functions_as_they_are() {
    for name in ["count", "answer"] {
        let source = function(name);
        assert!(README.contains(source), "the README does not have this, which is the code:\n{source}");
    }
}

/// A function of the counter, from its name to the brace that ends it.
fn function(name: &str) -> &'static str {
    let begin = COUNTER.find(&format!("\nfn {name}(")).unwrap() + 1;
    let length = COUNTER[begin..].find("\n}\n").unwrap() + 2;
    &COUNTER[begin..begin + length]
}

#[test]
fn the_make_targets_that_the_readme_names_exist() {
    let (code, _) = code_and_prose(README);
    let commands = code.iter().filter_map(|code| code.trim_start().strip_prefix("make "));
    let targets: BTreeSet<&str> = commands.filter_map(|command| command.split_whitespace().next()).collect();
    assert!(targets.contains("run") && targets.contains("test"), "{targets:?}");
    for target in targets {
        assert!(MAKEFILE.contains(&format!("\n{target}: ")), "there is no `make {target}`");
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    let pages = pages();
    let links: Vec<(PathBuf, String)> = pages.iter().flat_map(|page| relative_links(page)).collect();
    assert!(!links.is_empty(), "no links were found on {pages:?}");
    for (page, link) in links {
        let target = page.parent().unwrap().join(&link);
        assert!(target.exists(), "{} links to {link}, which does not exist", page.display());
    }
}

/// The README and all pages in `docs`.
fn pages() -> Vec<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = fs::read_dir(repository.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = docs.filter(|path| path.extension().is_some_and(|name| name == "md")).collect();
    assert!(!pages.is_empty());
    pages.push(repository.join("README.md"));
    pages
}

/// The links of a page to files, without what they point to inside the file.
fn relative_links(page: &Path) -> Vec<(PathBuf, String)> {
    let text = fs::read_to_string(page).unwrap();
    let (_, prose) = code_and_prose(&text);
    let prose = prose.concat();
    let targets = prose.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap());
    let files = targets.filter(|target| !target.is_empty() && !target.contains("://"));
    files.map(|file| (page.to_owned(), file.to_owned())).collect()
}

/// Takes Markdown apart: the lines of code blocks and the code in lines of text, and the rest.
fn code_and_prose(markdown: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut code, mut prose, mut in_block) = (Vec::new(), Vec::new(), false);
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            code.push(line);
        } else {
            for (place, part) in line.split('`').enumerate() {
                if place % 2 == 0 { prose.push(part) } else { code.push(part) }
            }
        }
    }
    (code, prose)
}

/// Serves the counter, and gives its URL. It ends with the test.
async fn serve_counter() -> String {
    let component = fs::read(env!("COUNTER_WASM")).unwrap();
    let application = Application::load(&component, Limits::default()).unwrap();
    let server = Server::bind("127.0.0.1:0", application, Arc::new(Memory::new())).await.unwrap();
    let url = format!("http://{}", server.local_addr());
    tokio::spawn(server.run(std::future::pending()));
    url
}

/// Visits with a cookie, and gives the answer and the cookie that the visitor has then.
async fn visit(url: &str, cookie: Option<&str>) -> (String, String) {
    let request = reqwest::Client::new().get(url);
    let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
    let response = request.send().await.unwrap();
    let set = response.headers().get("set-cookie").map(|set| set.to_str().unwrap());
    let cookie = set.and_then(|set| set.split(';').next()).or(cookie).unwrap().to_owned();
    (response.text().await.unwrap(), cookie)
}

#[tokio::test]
async fn the_counter_counts_the_visits_of_each_visitor() {
    let url = serve_counter().await;
    let (text, cookie) = visit(&url, None).await;
    assert_eq!(text, "visits: 1\n");
    assert_eq!(visit(&url, Some(&cookie)).await, ("visits: 2\n".to_owned(), cookie.clone()));
    let (text, other_cookie) = visit(&url, None).await;
    assert_eq!(text, "visits: 1\n");
    assert_ne!(other_cookie, cookie);
    assert_eq!(visit(&url, Some(&cookie)).await, ("visits: 3\n".to_owned(), cookie));
}

#[tokio::test]
async fn the_counter_never_adopts_an_id_that_it_did_not_issue() {
    let url = serve_counter().await;
    let too_long = format!("sid={}", "x".repeat(2000));
    for foreign in ["sid=planted", "sid=", too_long.as_str()] {
        let (text, cookie) = visit(&url, Some(foreign)).await;
        assert_eq!(text, "visits: 1\n");
        assert_ne!(cookie, foreign);
    }
}

/// A visit is lost to another one at most once, so seven times here; the counter tries more often.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn visits_at_the_same_time_are_all_counted() {
    let url = serve_counter().await;
    let (_, cookie) = visit(&url, None).await;
    let visits = (0..8).map(|_| {
        let (url, cookie) = (url.clone(), cookie.clone());
        tokio::spawn(async move { visit(&url, Some(&cookie)).await.0 })
    });
    let mut answers = BTreeSet::new();
    for visit in visits.collect::<Vec<_>>() {
        answers.insert(visit.await.unwrap());
    }
    let every_count: BTreeSet<_> = (2..=9).map(|count| format!("visits: {count}\n")).collect();
    assert_eq!(answers, every_count);
}
