//! What a request tells the program to do.

use std::time::Duration;

use lovely_session::{ContainerOptions, Cookie, Isolation, SameSite, TransactOptions, Visitors};
use serde::Deserialize;
use serde_json::Value;

/// The body of a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    #[serde(default = "default_container")]
    pub container: String,
    timeout: Option<u32>,
    isolation: Option<String>,
    patience: Option<u64>,
    #[serde(default)]
    cookie: CookiePlan,
    /// The id of a session without a visitor.
    pub transact: Option<String>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CookiePlan {
    name: String,
    max_age: Option<u32>,
    same_site: Option<String>,
    path: Option<String>,
    partitioned: bool,
    over_plain_http: bool,
    without_host_prefix: bool,
}

/// A step: its name, and what follows the name.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Vec<Value>")]
pub struct Step {
    pub name: String,
    arguments: Vec<Value>,
}

fn default_container() -> String {
    "sdk".to_owned()
}

impl Default for CookiePlan {
    fn default() -> Self {
        Self {
            name: "sid".to_owned(),
            max_age: None,
            same_site: None,
            path: None,
            partitioned: false,
            over_plain_http: false,
            without_host_prefix: false,
        }
    }
}

impl From<Vec<Value>> for Step {
    fn from(mut values: Vec<Value>) -> Self {
        let name = if values.is_empty() { Value::Null } else { values.remove(0) };
        Self { name: name.as_str().unwrap_or_default().to_owned(), arguments: values }
    }
}

impl Step {
    /// The text at a place after the name; empty if there is none.
    pub fn text(&self, place: usize) -> &str {
        self.value(place).as_str().unwrap_or_default()
    }

    /// The whole number at a place after the name; 0 if there is none.
    pub fn number(&self, place: usize) -> i64 {
        self.value(place).as_i64().unwrap_or_default()
    }

    /// The value at a place after the name.
    pub fn value(&self, place: usize) -> &Value {
        self.arguments.get(place).unwrap_or(&Value::Null)
    }

    /// The step at a place after the name.
    pub fn step(&self, place: usize) -> Self {
        serde_json::from_value(self.value(place).clone()).unwrap_or_else(|_| Vec::new().into())
    }

    /// The steps at a place after the name.
    pub fn steps(&self, place: usize) -> Vec<Self> {
        serde_json::from_value(self.value(place).clone()).unwrap_or_default()
    }
}

impl Plan {
    pub fn visitors(&self) -> Visitors<'_> {
        Visitors::new(&self.container, self.cookie.cookie())
            .with_container_options(self.container_options())
            .with_transact_options(self.transact_options())
    }

    pub fn container_options(&self) -> ContainerOptions {
        ContainerOptions { timeout: self.timeout, ..ContainerOptions::DEFAULT }
    }

    pub fn transact_options(&self) -> TransactOptions {
        let default = TransactOptions::DEFAULT;
        let isolation = match self.isolation.as_deref() {
            Some("snapshot") => Isolation::Snapshot,
            Some("last-writer-wins") => Isolation::LastWriterWins,
            _ => default.isolation,
        };
        TransactOptions { isolation, patience: self.patience.map_or(default.patience, Duration::from_millis) }
    }
}

impl CookiePlan {
    fn cookie(&self) -> Cookie<'_> {
        let mut cookie = Cookie::new(&self.name);
        if let Some(seconds) = self.max_age {
            cookie = cookie.max_age(seconds);
        }
        match self.same_site.as_deref() {
            Some("strict") => cookie = cookie.same_site(SameSite::Strict),
            Some("none") => cookie = cookie.same_site(SameSite::None),
            _ => {}
        }
        if let Some(path) = &self.path {
            cookie = cookie.path(path);
        }
        if self.partitioned {
            cookie = cookie.partitioned();
        }
        if self.over_plain_http {
            cookie = cookie.over_plain_http();
        }
        if self.without_host_prefix { cookie.without_host_prefix() } else { cookie }
    }
}
