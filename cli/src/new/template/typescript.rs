//! A new package for npm, in TypeScript.

use super::javascript::dependency;
use super::{File, file, filled};
use crate::new::name::ProjectName;
use crate::new::sdk::Sdk;

const MANIFEST: &str = include_str!("../../../templates/typescript/package.json.template");
const OPTIONS: &str = include_str!("../../../templates/typescript/tsconfig.json");
const APPLICATION: &str = include_str!("../../../templates/typescript/src/app.ts");
const GITIGNORE: &str = include_str!("../../../templates/typescript/gitignore");

pub(super) fn files(name: &ProjectName, sdk: &Sdk) -> Vec<File> {
    vec![
        filled("package.json", MANIFEST, name, &dependency(sdk)),
        file("tsconfig.json", OPTIONS),
        file(".gitignore", GITIGNORE),
        file("src/app.ts", APPLICATION),
    ]
}
