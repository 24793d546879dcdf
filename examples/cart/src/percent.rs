//! Percent-encoding, as in paths and forms.

/// Decodes `%41` to `A`; none if an escape is invalid or the result is not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? * 16 + hex(bytes.next()?)?,
            plain => plain,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_to_bytes() {
        assert_eq!(decode("a%20b%2Fc%2f").as_deref(), Some("a b/c/"));
        assert_eq!(decode("%C3%BC").as_deref(), Some("ü"));
        assert_eq!(decode("%ff%FF").as_deref(), None);
        assert_eq!(decode("%2525").as_deref(), Some("%25"));
    }

    #[test]
    fn a_plus_is_not_decoded() {
        assert_eq!(decode("1+1").as_deref(), Some("1+1"));
    }

    #[test]
    fn an_invalid_escape_is_refused() {
        for broken in ["%", "%4", "a%zz", "%-1", "%+1"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
