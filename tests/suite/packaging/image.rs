//! `packaging/Containerfile`.

use std::fs;
use std::path::Path;

use super::WORKSPACE;
use super::files::{IGNORED, in_image, services, stages, texts};

fn table(path: &str) -> toml::Table {
    toml::from_str(&fs::read_to_string(Path::new(WORKSPACE).join(path)).unwrap()).unwrap()
}

#[test]
fn the_process_has_a_number_for_a_user_and_it_is_not_root() {
    let user = in_image("USER");
    let numbers: Vec<u32> = user.split(':').map(|number| number.parse().unwrap()).collect();
    assert!(numbers.len() == 2 && !numbers.contains(&0), "{user}");
}

#[test]
fn the_image_runs_the_program_without_a_shell() {
    assert_eq!(in_image("ENTRYPOINT"), r#"["lovely-session"]"#);
    assert!(in_image("CMD").starts_with('['));
    let program = table("cli/Cargo.toml")["bin"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!(
        in_image("COPY"),
        format!("--from=build /build/target/release/{program} /usr/local/bin/{program}")
    );
}

#[test]
fn the_image_is_made_with_the_toolchain_of_the_repository() {
    let channel = table("rust-toolchain.toml")["toolchain"]["channel"].as_str().unwrap().to_owned();
    let image = format!("docker.io/library/rust:{channel}-slim-bookworm AS build");
    assert_eq!(stages()[0][0], ("FROM", image));
    assert_eq!(in_image("FROM"), "docker.io/library/debian:bookworm-slim");
}

#[test]
fn the_image_builds_the_package_of_the_command() {
    let package = table("cli/Cargo.toml")["package"]["name"].as_str().unwrap().to_owned();
    let builds = stages()[0].iter().any(|(name, arguments)| {
        *name == "RUN" && *arguments == format!("cargo build --release --locked --package {package}")
    });
    assert!(builds, "{:?}", stages()[0]);
}

#[test]
fn what_is_not_copied_is_no_part_of_the_workspace() {
    let ignored: Vec<&str> = IGNORED.lines().collect();
    assert!(ignored.contains(&"target") && ignored.contains(&".git"));
    let workspace = table("Cargo.toml");
    for member in workspace["workspace"]["members"].as_array().unwrap() {
        let member = Path::new(member.as_str().unwrap());
        assert!(member.ancestors().all(|part| !ignored.contains(&part.to_str().unwrap())), "{member:?}");
    }
    for file in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "wit"] {
        assert!(Path::new(WORKSPACE).join(file).exists() && !ignored.contains(&file), "{file}");
    }
}

#[test]
fn the_cache_belongs_to_the_user_of_the_process() {
    let (user, group) = in_image("USER").split_once(':').map(|(u, g)| (u.to_owned(), g.to_owned())).unwrap();
    let cache = format!("{}/lovely-session", in_image("ENV").strip_prefix("XDG_CACHE_HOME=").unwrap());
    let made = format!("install --directory --owner={user} --group={group} --mode=0700 {cache}");
    assert!(stages()[1].contains(&("RUN", made)));
    for host in services("host-").values() {
        assert_eq!(texts(&host["tmpfs"]), [format!("{cache}:uid={user},gid={group},mode=0700")]);
    }
}

#[test]
fn the_image_is_stopped_as_the_program_expects_it() {
    assert_eq!(in_image("STOPSIGNAL"), "SIGTERM");
}
