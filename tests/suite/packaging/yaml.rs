//! The part of YAML that `packaging/compose.yaml` uses. Anything else panics, rather than being read as something else.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Reads a document: mappings, lists, anchors of mappings, and scalars on one line. Flow lists and quoted texts are JSON.
pub fn parse(text: &str) -> Value {
    let lines = text.lines().filter(|line| !is_blank(line)).map(Line::of).collect();
    let mut reader = Reader { lines, at: 0, anchors: BTreeMap::new() };
    let value = reader.block(0);
    assert_eq!(reader.at, reader.lines.len(), "this is indented in no way that is known here");
    value
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

#[derive(Clone, Copy)]
struct Line<'a> {
    indent: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let text = line.trim_start_matches(' ');
        assert!(!text.starts_with('\t') && !text.contains(" #"), "{line:?}");
        Self { indent: line.len() - text.len(), text: text.trim_end() }
    }

    /// The key and what stands behind it; none for a scalar.
    fn key(self) -> Option<(&'a str, &'a str)> {
        let is_quoted = self.text.starts_with(['"', '[']);
        let split = self.text.split_once(": ").or_else(|| Some((self.text.strip_suffix(':')?, "")));
        split.filter(|_| !is_quoted)
    }
}

struct Reader<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
    anchors: BTreeMap<&'a str, Map<String, Value>>,
}

impl<'a> Reader<'a> {
    /// The next line, if it is indented by this much.
    fn line(&self, indent: usize) -> Option<Line<'a>> {
        self.lines.get(self.at).copied().filter(|line| line.indent == indent)
    }

    fn block(&mut self, at_least: usize) -> Value {
        let first = self.lines[self.at];
        assert!(first.indent >= at_least, "{:?} has to be indented", first.text);
        if first.text.starts_with("- ") {
            Value::Array(self.list(first.indent))
        } else {
            Value::Object(self.map(first.indent))
        }
    }

    fn list(&mut self, indent: usize) -> Vec<Value> {
        let mut items = Vec::new();
        while let Some(text) = self.line(indent).and_then(|line| line.text.strip_prefix("- ")) {
            let item = Line { indent: indent + 2, text };
            if item.key().is_some() {
                self.lines[self.at] = item;
                items.push(Value::Object(self.map(item.indent)));
            } else {
                self.at += 1;
                items.push(scalar(text));
            }
        }
        items
    }

    fn map(&mut self, indent: usize) -> Map<String, Value> {
        let mut map = Map::new();
        while let Some(line) = self.line(indent) {
            let (key, rest) = line.key().unwrap_or_else(|| panic!("{:?} is no key", line.text));
            self.at += 1;
            if key == "<<" {
                map.extend(self.anchors[rest.strip_prefix('*').unwrap()].clone());
            } else {
                let known = map.insert(key.to_owned(), self.value(indent, rest));
                assert!(known.is_none(), "{key} is there twice");
            }
        }
        map
    }

    fn value(&mut self, indent: usize, rest: &'a str) -> Value {
        if rest.is_empty() {
            return self.block(indent + 1);
        }
        let Some(anchor) = rest.strip_prefix('&') else { return scalar(rest) };
        let map = self.map(self.lines[self.at].indent);
        self.anchors.insert(anchor, map.clone());
        Value::Object(map)
    }
}

fn scalar(text: &str) -> Value {
    if text.starts_with(['[', '"']) || matches!(text, "true" | "false") || text.parse::<u64>().is_ok() {
        return serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    assert!(!text.starts_with(['{', '&', '*', '!', '|', '>', '\'', '%', '@', '`', '?']), "{text:?}");
    Value::String(text.to_owned())
}
