//! A new package for npm, in JavaScript; and what one in TypeScript shares with it.

use super::{File, Steps, file, filled};
use crate::new::name::{InvalidName, ProjectName};
use crate::new::sdk::Sdk;

/// Not named `package.json`, so that no tool takes the template for a package.
const MANIFEST: &str = include_str!("../../../templates/javascript/package.json.template");
const APPLICATION: &str = include_str!("../../../templates/javascript/src/app.js");
const GITIGNORE: &str = include_str!("../../../templates/javascript/gitignore");

/// The releases of the SDK that belong to this command, which has the same version.
const RELEASE: &str = concat!("^", env!("CARGO_PKG_VERSION"));

/// The dependencies of the new package: npm installs none that has the name of the package itself.
const TAKEN: [&str; 4] = ["esbuild", "lovely-session", "node_modules", "typescript"];

pub(super) fn check(name: &ProjectName) -> Result<(), InvalidName> {
    let lowercase = name.as_str().to_ascii_lowercase();
    if lowercase != name.as_str() {
        Err(InvalidName::Capitals(lowercase))
    } else if TAKEN.contains(&name.as_str()) {
        Err(InvalidName::Taken(lowercase))
    } else {
        Ok(())
    }
}

pub(super) fn files(name: &ProjectName, sdk: &Sdk) -> Vec<File> {
    vec![
        filled("package.json", MANIFEST, name, &dependency(sdk)),
        file(".gitignore", GITIGNORE),
        file("src/app.js", APPLICATION),
    ]
}

/// The dependency on the SDK, as a text in quotes.
pub(super) fn dependency(sdk: &Sdk) -> String {
    let dependency = match sdk {
        Sdk::Release => RELEASE.to_owned(),
        Sdk::Path(path) => format!("file:{path}"),
    };
    serde_json::Value::from(dependency).to_string()
}

pub(super) fn steps(name: &ProjectName) -> Steps {
    Steps {
        once: None,
        build: "npm install && npm run build",
        component: format!("build/{}.wasm", name.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_npm_refuses_is_refused() {
        use InvalidName::{Capitals, Taken};
        for (name, reason) in [
            ("Shop", Capitals("shop".to_owned())),
            ("lovely-session", Taken("lovely-session".to_owned())),
            ("esbuild", Taken("esbuild".to_owned())),
        ] {
            assert_eq!(check(&name.parse().unwrap()), Err(reason), "{name}");
        }
        for name in ["shop", "fn", "test"] {
            assert_eq!(check(&name.parse().unwrap()), Ok(()));
        }
    }
}
