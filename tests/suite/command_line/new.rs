//! `lovely-session new`: the files that it writes, and what it refuses.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::binary::{Ended, binary};

const COUNTER: &str = include_str!("../../../examples/counter/src/lib.rs");
const LIBRARY: &str = include_str!("../../../cli/templates/rust/src/lib.rs");

/// Runs `lovely-session new` with these arguments in this directory.
fn new_in(directory: &Path, arguments: &[&str]) -> Ended {
    let output = Command::new(binary()).arg("new").args(arguments).current_dir(directory).output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_template_is_the_counter() {
    assert_eq!(LIBRARY, COUNTER);
}

#[test]
fn a_new_crate_has_the_files_of_the_template() {
    let directory = TempDir::new().unwrap();
    for arguments in [["my-shop", "--language=rust"].as_slice(), &["shop2"]] {
        let ended = new_in(directory.path(), arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let path = directory.path().join(arguments[0]);
        assert_eq!(names_in(&path), [".gitignore", "Cargo.toml", "src"]);
        assert_eq!(names_in(&path.join("src")), ["lib.rs"]);
        assert_eq!(fs::read_to_string(path.join("src/lib.rs")).unwrap(), LIBRARY);
        assert_eq!(fs::read_to_string(path.join(".gitignore")).unwrap(), "/target\n");
    }
    assert_eq!(names_in(directory.path()), ["my-shop", "shop2"]);
}

#[test]
fn the_manifest_names_the_crate_and_the_release_of_the_sdk() {
    let directory = TempDir::new().unwrap();
    assert_eq!(new_in(directory.path(), &["my-shop"]).code, Some(0));
    let text = fs::read_to_string(directory.path().join("my-shop/Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let version = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap().0;
    assert_eq!(manifest["package"]["name"].as_str(), Some("my-shop"));
    assert_eq!(manifest["package"]["edition"].as_str(), Some("2024"));
    assert_eq!(manifest["lib"]["crate-type"][0].as_str(), Some("cdylib"));
    assert_eq!(manifest["dependencies"]["lovely-session"].as_str(), Some(version));
    assert_eq!(manifest["dependencies"]["wasip2"].as_str(), Some("1"));
}

#[test]
fn a_new_project_has_the_files_of_its_language() {
    for (language, files) in [
        ("rust", [".gitignore", "Cargo.toml", "src"].as_slice()),
        ("javascript", &[".gitignore", "package.json", "src"]),
        ("typescript", &[".gitignore", "package.json", "src", "tsconfig.json"]),
        ("python", &[".gitignore", "app.py", "build.py", "requirements.txt"]),
    ] {
        let directory = TempDir::new().unwrap();
        let ended = new_in(directory.path(), &["my-shop", "--language", language]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{language}");
        let path = directory.path().join("my-shop");
        assert_eq!(names_in(&path), files);
        for file in files.iter().filter(|name| path.join(name).is_file()) {
            let text = fs::read_to_string(path.join(file)).unwrap();
            for place in ["{name}", "{sdk}"] {
                assert!(!text.contains(place), "{file} in {language}: {text}");
            }
        }
    }
}

#[test]
fn the_next_steps_are_a_command_that_builds_and_one_that_serves() {
    for (language, steps) in [
        (
            "rust",
            [
                "rustup target add wasm32-wasip2",
                "cd my-shop",
                "cargo build --release --target wasm32-wasip2",
                "lovely-session serve target/wasm32-wasip2/release/my_shop.wasm",
            ]
            .as_slice(),
        ),
        (
            "javascript",
            &["cd my-shop", "npm install && npm run build", "lovely-session serve build/my-shop.wasm"],
        ),
        (
            "typescript",
            &["cd my-shop", "npm install && npm run build", "lovely-session serve build/my-shop.wasm"],
        ),
        ("python", &["cd my-shop", "python3 build.py", "lovely-session serve my-shop.wasm"]),
    ] {
        let directory = TempDir::new().unwrap();
        let ended = new_in(directory.path(), &["my-shop", "--language", language]);
        let printed: Vec<_> = ended.stdout.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        assert_eq!(printed, steps);
    }
}

#[test]
fn a_project_depends_on_the_sdk_that_it_is_given() {
    for (language, manifest, expected) in [
        ("rust", "Cargo.toml", "lovely-session = { path = \"SDK\" }"),
        ("javascript", "package.json", "\"lovely-session\": \"file:SDK\""),
        ("typescript", "package.json", "\"lovely-session\": \"file:SDK\""),
        ("python", "requirements.txt", "SDK\n"),
    ] {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join("an sdk")).unwrap();
        let ended = new_in(directory.path(), &["shop", "--language", language, "--sdk", "an sdk"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{language}");
        let text = fs::read_to_string(directory.path().join("shop").join(manifest)).unwrap();
        let sdk = fs::canonicalize(directory.path().join("an sdk")).unwrap();
        assert!(text.contains(&expected.replace("SDK", sdk.to_str().unwrap())), "{text}");
    }
}

#[test]
fn an_sdk_that_is_not_there_exits_with_3_and_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let ended = new_in(directory.path(), &["shop", "--sdk", "nowhere"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.stderr.starts_with("error: cannot read `nowhere`; check the path"), "{}", ended.stderr);
    assert_eq!(names_in(directory.path()), [""; 0]);
}

#[test]
fn projects_in_other_languages_depend_on_the_release_of_the_sdk() {
    let version = env!("CARGO_PKG_VERSION");
    for (language, manifest, expected) in [
        ("javascript", "package.json", format!("\"lovely-session\": \"^{version}\"")),
        ("typescript", "package.json", format!("\"lovely-session\": \"^{version}\"")),
        ("python", "requirements.txt", format!("lovely-session-sdk~={version}\n")),
    ] {
        let directory = TempDir::new().unwrap();
        assert_eq!(new_in(directory.path(), &["shop", "--language", language]).code, Some(0));
        let text = fs::read_to_string(directory.path().join("shop").join(manifest)).unwrap();
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn invalid_names_exit_with_2_and_leave_nothing() {
    let directory = TempDir::new().unwrap();
    for (name, language, reason) in [
        ("", "rust", "a project needs a name"),
        ("2shop", "python", "begins with a letter"),
        ("my shop", "rust", "it cannot contain ' '"),
        ("../shop", "javascript", "it cannot contain '.'"),
        ("loop", "rust", "`loop` is a keyword of Rust"),
        ("test", "rust", "something else that is called `test`"),
        ("lovely-session", "rust", "something else that is called `lovely_session`"),
        ("lovely-session", "typescript", "something else that is called `lovely-session`"),
        ("Shop", "javascript", "npm accepts no capitals in the name of a package; use `shop`"),
    ] {
        let ended = new_in(directory.path(), &[name, "--language", language]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(reason), "{name}: {}", ended.stderr);
    }
    assert_eq!(new_in(directory.path(), &["shop", "--language", "cobol"]).code, Some(2));
    assert_eq!(names_in(directory.path()), [""; 0]);
}

#[test]
fn an_existing_file_or_directory_exits_with_1_and_is_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join("directory")).unwrap();
    fs::write(directory.path().join("file"), "text").unwrap();
    symlink("nowhere", directory.path().join("link")).unwrap();
    for name in ["directory", "file", "link"] {
        let ended = new_in(directory.path(), &[name]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("`{name}` exists already")), "{}", ended.stderr);
    }
    assert_eq!(names_in(directory.path()), ["directory", "file", "link"]);
    assert_eq!(names_in(&directory.path().join("directory")), [""; 0]);
    assert_eq!(fs::read_to_string(directory.path().join("file")).unwrap(), "text");
}

#[test]
fn a_directory_that_cannot_be_written_exits_with_1_and_stays_empty() {
    let directory = TempDir::new().unwrap();
    // A directory that is removed refuses new entries, also from root.
    let removed = directory.path().join("removed");
    fs::create_dir(&removed).unwrap();
    let script = format!("rmdir ../removed && exec '{}' new shop", binary().display());
    let output = Command::new("sh").args(["-c", &script]).current_dir(&removed).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()), "{message}");
    assert!(message.starts_with("error: cannot write `shop`; check the path\n  because: "), "{message}");
    assert_eq!(names_in(directory.path()), [""; 0]);
}

#[test]
fn the_new_directory_has_the_usual_permissions() {
    let directory = TempDir::new().unwrap();
    assert_eq!(new_in(directory.path(), &["shop"]).code, Some(0));
    let usual = directory.path().join("usual");
    fs::create_dir(&usual).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&directory.path().join("shop")), mode(&usual));
}
