//! A new project in Python.

use super::{File, Steps, file, filled};
use crate::new::name::ProjectName;
use crate::new::sdk::Sdk;

const REQUIREMENTS: &str = include_str!("../../../templates/python/requirements.txt.template");
const BUILD: &str = include_str!("../../../templates/python/build.py.template");
const APPLICATION: &str = include_str!("../../../templates/python/app.py");
const GITIGNORE: &str = include_str!("../../../templates/python/gitignore");

/// The releases of the SDK that belong to this command, which has the same version.
const RELEASE: &str = concat!("lovely-session-sdk~=", env!("CARGO_PKG_VERSION"));

pub(super) fn files(name: &ProjectName, sdk: &Sdk) -> Vec<File> {
    let sdk = match sdk {
        Sdk::Release => RELEASE,
        Sdk::Path(path) => path,
    };
    vec![
        filled("requirements.txt", REQUIREMENTS, name, sdk),
        filled("build.py", BUILD, name, sdk),
        file(".gitignore", GITIGNORE),
        file("app.py", APPLICATION),
    ]
}

pub(super) fn steps(name: &ProjectName) -> Steps {
    Steps { once: None, build: "python3 build.py", component: format!("{}.wasm", name.as_str()) }
}
