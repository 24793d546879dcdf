//! The settings in a configuration file.

use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;
use super::keys::{Key, Keys, Takes};
use super::mistake::MistakeKind;

/// A key with its values.
pub struct Setting<'a> {
    pub key: Key<'a>,
    line: usize,
    /// A switch that is set has none.
    values: Vec<String>,
}

impl Setting<'_> {
    /// The arguments of the command line that say the same.
    pub fn arguments(&self) -> Vec<OsString> {
        if self.key.takes() == Takes::Switch {
            return vec![format!("--{}", self.key.name()).into()];
        }
        let argument = |value: &String| {
            if self.key.is_positional() { value.into() } else { self.key.with_value(value) }
        };
        self.values.iter().map(argument).collect()
    }
}

/// Checks a file as a whole. Relative paths in it are relative to `directory`.
///
/// # Errors
///
/// All mistakes, in the order of their lines.
pub fn settings_of<'a>(
    keys: &'a Keys,
    content: &[u8],
    directory: &Path,
) -> Result<Vec<Setting<'a>>, Vec<Mistake>> {
    let mut file = File { keys, directory, content, mistakes: Vec::new() };
    let settings = match std::str::from_utf8(content) {
        Ok(text) => file.read(text),
        Err(error) => {
            file.report(error.valid_up_to(), MistakeKind::NotText);
            Vec::new()
        }
    };
    file.report_conflicts(&settings);
    if file.mistakes.is_empty() { Ok(settings) } else { Err(file.mistakes_by_line()) }
}

struct File<'a, 'f> {
    keys: &'a Keys,
    directory: &'f Path,
    content: &'f [u8],
    mistakes: Vec<Mistake>,
}

impl<'a> File<'a, '_> {
    fn read(&mut self, text: &str) -> Vec<Setting<'a>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let message = error.message().to_owned();
            self.report(error.span().map_or(0, |span| span.start), MistakeKind::Syntax { message });
        }
        let entries = table.get_ref().iter();
        entries.filter_map(|(key, value)| self.setting(key, value)).collect()
    }

    /// The setting of an entry; none if it has a mistake, or is a switch that is not set.
    fn setting(
        &mut self,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Setting<'a>> {
        let (position, name) = (name.span().start, name.get_ref().as_ref());
        let Some(key) = self.keys.find(name) else {
            let suggestion = self.keys.suggestion(name);
            self.report(position, MistakeKind::UnknownKey { key: name.to_owned(), suggestion });
            return None;
        };
        let line = self.line(position);
        let values = match value.get_ref() {
            DeValue::Array(values) if key.is_list() => {
                values.iter().map(|value| self.value(key, value)).collect::<Vec<_>>().into_iter().collect()
            }
            _ if key.is_list() => self.wrong_type(key, value),
            DeValue::Boolean(set) if key.takes() == Takes::Switch => set.then(Vec::new),
            _ => self.value(key, value).map(|value| vec![value]),
        };
        Some(Setting { key, line, values: values? })
    }

    /// One value of a key, as text; none if it has a mistake.
    fn value(&mut self, key: Key<'_>, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = match (value.get_ref(), key.takes()) {
            (DeValue::String(text), Takes::Text | Takes::TextOrNumber) if key.is_path() => {
                self.directory.join(&**text).into_os_string().into_string().ok()?
            }
            (DeValue::String(text), Takes::Text | Takes::TextOrNumber) => text.to_string(),
            (DeValue::Integer(number), Takes::Number | Takes::TextOrNumber) => decimal(number)?,
            (DeValue::Float(number), Takes::Number) => number.to_string(),
            _ => return self.wrong_type(key, value),
        };
        if let Err(reason) = self.keys.check(key, &text) {
            self.report(value.span().start, MistakeKind::Value { key: key.name().to_owned(), reason });
            return None;
        }
        Some(text)
    }

    fn wrong_type<T>(&mut self, key: Key<'_>, value: &Spanned<DeValue<'_>>) -> Option<T> {
        let one = match key.takes() {
            Takes::Switch => "true or false",
            Takes::Number => "a number",
            Takes::Text => "a string",
            Takes::TextOrNumber => "a string or a number",
        };
        let expected =
            if key.is_list() { format!("an array, each of its values {one}") } else { one.to_owned() };
        let (key, found) = (key.name().to_owned(), value.get_ref().type_str());
        self.report(value.span().start, MistakeKind::Type { key, expected, found });
        None
    }

    fn report_conflicts(&mut self, settings: &[Setting<'_>]) {
        for (index, one) in settings.iter().enumerate() {
            let others = settings.iter().skip(index + 1);
            for other in others.filter(|other| self.keys.conflict(one.key, other.key)) {
                let (earlier, later) = if one.line <= other.line { (one, other) } else { (other, one) };
                let (key, other) = (later.key.name().to_owned(), earlier.key.name().to_owned());
                self.mistakes.push(Mistake { line: later.line, kind: MistakeKind::Conflict { key, other } });
            }
        }
    }

    fn report(&mut self, position: usize, kind: MistakeKind) {
        let line = self.line(position);
        self.mistakes.push(Mistake { line, kind });
    }

    fn line(&self, position: usize) -> usize {
        let before: Range<usize> = 0..position;
        let before = self.content.get(before).unwrap_or(self.content);
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// Where a line is no TOML, what else is wrong with it comes from that.
    fn mistakes_by_line(mut self) -> Vec<Mistake> {
        let is_syntax = |mistake: &Mistake| matches!(mistake.kind, MistakeKind::Syntax { .. });
        let broken: Vec<usize> =
            self.mistakes.iter().filter(|mistake| is_syntax(mistake)).map(|mistake| mistake.line).collect();
        self.mistakes.retain(|mistake| is_syntax(mistake) || !broken.contains(&mistake.line));
        self.mistakes.sort_by_key(|mistake| mistake.line);
        self.mistakes
    }
}

/// A number in decimal; none if it has more than 128 bits, which the parser of the file has refused already.
fn decimal(number: &toml::de::DeInteger<'_>) -> Option<String> {
    i128::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
}
