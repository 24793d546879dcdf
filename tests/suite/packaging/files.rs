//! The files in `packaging/`, read as those programs do that they are for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::yaml;

pub const CONTAINERFILE: &str = include_str!("../../../packaging/Containerfile");
pub const IGNORED: &str = include_str!("../../../packaging/Containerfile.dockerignore");
pub const UNIT: &str = include_str!("../../../packaging/lovely-session.service");
pub const CONFIGURATION: &str = include_str!("../../../packaging/serve.toml");
const COMPOSE: &str = include_str!("../../../packaging/compose.yaml");

/// The values of a key of the unit, in their order.
pub fn in_unit(key: &str) -> Vec<&'static str> {
    let settings = UNIT.lines().filter_map(|line| line.split_once('='));
    settings.filter(|(name, _)| *name == key).map(|(_, value)| value).collect()
}

/// A key of the configuration file.
pub fn in_configuration(key: &str) -> toml::Value {
    let table: toml::Table = toml::from_str(CONFIGURATION).unwrap();
    table[key].clone()
}

/// The instructions of the stages of the image, each with its arguments.
pub fn stages() -> Vec<Vec<(&'static str, String)>> {
    let mut stages: Vec<Vec<(&str, String)>> = Vec::new();
    let mut lines = CONTAINERFILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    while let Some(line) = lines.next() {
        let (name, rest) = line.split_once(' ').unwrap();
        let mut arguments = rest.to_owned();
        while let Some(begun) = arguments.strip_suffix('\\') {
            arguments = format!("{begun}{}", lines.next().unwrap().trim_start());
        }
        if name == "FROM" {
            stages.push(Vec::new());
        }
        stages.last_mut().unwrap().push((name, arguments));
    }
    stages
}

/// The only argument list of an instruction in the stage that becomes the image.
pub fn in_image(instruction: &str) -> String {
    let stage = stages().pop().unwrap();
    let mut found = stage.into_iter().filter(|(name, _)| *name == instruction);
    let (_, arguments) = found.next().unwrap_or_else(|| panic!("the image has no {instruction}"));
    assert!(found.next().is_none(), "the image has {instruction} twice");
    arguments
}

/// The services of the compose file whose names begin with this.
pub fn services(prefix: &str) -> BTreeMap<String, Value> {
    let compose = yaml::parse(COMPOSE);
    let services = compose["services"].as_object().unwrap();
    let chosen = services.iter().filter(|(name, _)| name.starts_with(prefix));
    chosen.map(|(name, service)| (name.clone(), service.clone())).collect()
}

/// A list of texts.
pub fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The value of a flag in the command of a service.
pub fn flag<'a>(service: &'a Value, name: &str) -> &'a str {
    let prefix = format!("--{name}=");
    let mut values = texts(&service["command"]).into_iter().filter_map(|text| text.strip_prefix(&prefix));
    values.next().unwrap_or_else(|| panic!("the command has no {prefix}"))
}

/// The port of an address, or at the end of a published one.
pub fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap()
}

/// A number of seconds, written as `35` or `35s`.
pub fn seconds(text: &str) -> u64 {
    text.trim_end_matches('s').parse().unwrap()
}
