//! Texts of a server, as they may be shown.

/// How many characters of a text are shown.
const SHOWN_CHARS: usize = 60;

/// The beginning of a text that a server sent, on one line: with control characters escaped, because they must not
/// reach a terminal, and cut to 60 characters.
pub fn shown(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars().take(SHOWN_CHARS) {
        match character {
            '"' | '\'' | '\\' => line.push(character),
            _ => line.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(SHOWN_CHARS).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_on_one_line_without_control_characters() {
        assert_eq!(shown("1.6.18"), "1.6.18");
        assert_eq!(shown("a \"b\" Zoë\n"), "a \"b\" Zoë\\n");
        assert_eq!(shown("\u{1b}[2J\u{9b}\u{202e}"), "\\u{1b}[2J\\u{9b}\\u{202e}");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(shown(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(shown(&"x".repeat(61)), "x".repeat(60) + "…");
    }
}
