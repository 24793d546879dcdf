//! Texts, counts and durations for a terminal.

/// The text with control characters escaped, on one line: sessions contain what visitors typed, which must not
/// control a terminal.
pub fn printable(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// The JSON document with the control characters escaped that JSON permits in strings.
pub fn printable_json(document: &str) -> String {
    let mut escaped = String::with_capacity(document.len());
    for c in document.chars() {
        match c {
            '\u{7f}'..='\u{9f}' => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// A count with its noun, in singular or plural.
pub fn counted(count: u64, name: &str) -> String {
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

/// A number of bytes in the largest unit that it fills, with one decimal.
pub fn bytes(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, size)| bytes >= *size) {
        Some((name, size)) => format!("{:.1} {name}", bytes as f64 / size as f64),
        None => counted(bytes, "byte"),
    }
}

/// A number of seconds in its two largest units.
pub fn duration(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, name) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(counted(count, name));
        } else if !parts.is_empty() {
            break;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { counted(seconds, "second") } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_no_control_characters_in_its_strings() {
        assert_eq!(printable_json("{\n\"a\": \"\u{9b}31m\u{7f}é\"}"), "{\n\"a\": \"\\u009b31m\\u007fé\"}");
    }

    #[test]
    fn bytes_are_shown_in_the_largest_unit_that_they_fill() {
        let shown = [1, 1023, 1536, 64 << 20, 5 << 30].map(bytes);
        assert_eq!(shown, ["1 byte", "1023 bytes", "1.5 KiB", "64.0 MiB", "5.0 GiB"]);
    }

    #[test]
    fn a_duration_has_its_two_largest_units() {
        assert_eq!(duration(0), "0 seconds");
        assert_eq!(duration(1), "1 second");
        assert_eq!(duration(3_600), "1 hour");
        assert_eq!(duration(3_601), "1 hour");
        assert_eq!(duration(90_061), "1 day 1 hour");
        assert_eq!(duration(125), "2 minutes 5 seconds");
    }
}
