//! Reads JSON text from left to right.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::plain::plain_length;
use super::write::push_number;

/// The largest number whose tenfold is in range.
const MOST_TENS: u64 = u64::MAX / 10;

/// The text is not what was expected. [`Scanner::describe`] tells why: the reason is kept there, so that results are
/// small. Reading a large package takes a seventh less time.
#[derive(Clone, Copy, Debug)]
pub struct SyntaxError;

/// Reads tokens and values.
pub struct Scanner<'t> {
    text: &'t str,
    position: usize,
    /// The reason of the last error.
    reason: &'static str,
}

impl<'t> Scanner<'t> {
    /// Begins at the start of a text.
    pub fn new(text: &'t str) -> Self {
        Self { text, position: 0, reason: "" }
    }

    /// The number of bytes that were read.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Notes why the text is not what was expected at this position.
    pub fn error(&mut self, reason: &'static str) -> SyntaxError {
        self.reason = reason;
        SyntaxError
    }

    /// Returns the reason of the last error, with its line and column in the text.
    pub fn describe(&self) -> String {
        let before = self.text.as_bytes().get(..self.position).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        let mut description = Vec::from(self.reason);
        description.extend_from_slice(b" at line ");
        push_number(line as u64, &mut description);
        description.extend_from_slice(b" column ");
        push_number(column as u64, &mut description);
        String::from_utf8(description).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.position..).unwrap_or_default()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), SyntaxError> {
        self.skip_space();
        if self.take(byte) { Ok(()) } else { Err(self.error(reason)) }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.position += 1;
        }
    }

    /// Reads the beginning of an object.
    ///
    /// # Errors
    /// When the next token is another one.
    pub fn begin_object(&mut self) -> Result<(), SyntaxError> {
        self.expect(b'{', "an object is missing")
    }

    /// Reads the beginning of an array.
    ///
    /// # Errors
    /// When the next token is another one.
    pub fn begin_array(&mut self) -> Result<(), SyntaxError> {
        self.expect(b'[', "an array is missing")
    }

    /// Reads up to the next member of an object and returns `true`, or reads the end of the object and
    /// returns `false`.
    ///
    /// # Errors
    /// When neither follows.
    pub fn has_member(&mut self, is_first: bool) -> Result<bool, SyntaxError> {
        self.has_next(b'}', is_first)
    }

    /// Reads up to the next item of an array and returns `true`, or reads the end of the array and returns
    /// `false`.
    ///
    /// # Errors
    /// When neither follows.
    pub fn has_item(&mut self, is_first: bool) -> Result<bool, SyntaxError> {
        self.has_next(b']', is_first)
    }

    fn has_next(&mut self, end: u8, is_first: bool) -> Result<bool, SyntaxError> {
        self.skip_space();
        if self.take(end) {
            return Ok(false);
        }
        if is_first || self.take(b',') {
            self.skip_space();
            return Ok(true);
        }
        Err(self.error("a comma or an end is missing"))
    }

    /// Reads a comma.
    ///
    /// # Errors
    /// When the next token is another one.
    pub fn comma(&mut self) -> Result<(), SyntaxError> {
        self.expect(b',', "a comma is missing")
    }

    /// Reads a colon.
    ///
    /// # Errors
    /// When the next token is another one.
    pub fn colon(&mut self) -> Result<(), SyntaxError> {
        self.expect(b':', "a colon is missing")
    }

    /// Reads the end of an array.
    ///
    /// # Errors
    /// When the next token is another one.
    pub fn end_array(&mut self) -> Result<(), SyntaxError> {
        self.expect(b']', "the end of an array is missing")
    }

    /// Reads the end of a line.
    ///
    /// # Errors
    /// When something else follows.
    pub fn end_line(&mut self) -> Result<(), SyntaxError> {
        if self.take(b'\n') { Ok(()) } else { Err(self.error("the line does not end with the value")) }
    }

    /// Reads the end of the text.
    ///
    /// # Errors
    /// When something else follows.
    pub fn end(&mut self) -> Result<(), SyntaxError> {
        self.skip_space();
        if self.peek().is_none() { Ok(()) } else { Err(self.error("more follows after the value")) }
    }

    /// Reads a value of any kind, and returns its range. Nested values need memory on the heap, not on the
    /// stack.
    ///
    /// # Errors
    /// When the next token does not begin a value.
    pub fn value(&mut self) -> Result<Range<usize>, SyntaxError> {
        self.skip_space();
        let start = self.position;
        if !matches!(self.peek(), Some(b'{' | b'[')) {
            self.skip_scalar()?;
            return Ok(start..self.position);
        }
        let mut ends = Vec::new();
        loop {
            let end = match self.peek() {
                Some(b'{') => b'}',
                Some(b'[') => b']',
                _ => 0,
            };
            let mut goes_on = false;
            if end == 0 {
                self.skip_scalar()?;
            } else {
                self.position += 1;
                goes_on = self.goes_on(end, true)?;
                if goes_on {
                    ends.push(end);
                }
            }
            while !goes_on {
                let Some(end) = ends.last() else {
                    return Ok(start..self.position);
                };
                goes_on = self.goes_on(*end, false)?;
                if !goes_on {
                    ends.pop();
                }
            }
        }
    }

    /// Reads up to the next value in an array or object and returns `true`, or reads the end and returns
    /// `false`.
    fn goes_on(&mut self, end: u8, is_first: bool) -> Result<bool, SyntaxError> {
        let goes_on = self.has_next(end, is_first)?;
        if goes_on && end == b'}' {
            self.skip_string()?;
            self.colon()?;
            self.skip_space();
        }
        Ok(goes_on)
    }

    fn skip_scalar(&mut self) -> Result<(), SyntaxError> {
        let literal = match self.peek() {
            Some(b'"') => return self.skip_string().map(drop),
            Some(b'-' | b'0'..=b'9') => return self.skip_number(),
            Some(b't') => &b"true"[..],
            Some(b'f') => b"false",
            Some(b'n') => b"null",
            _ => return Err(self.error("a value is missing")),
        };
        if !self.rest().starts_with(literal) {
            return Err(self.error("a value is missing"));
        }
        self.position += literal.len();
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), SyntaxError> {
        self.take(b'-');
        if !self.take(b'0') {
            self.skip_digits()?;
        }
        if self.take(b'.') {
            self.skip_digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.skip_digits()?;
        }
        Ok(())
    }

    fn skip_digits(&mut self) -> Result<(), SyntaxError> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.position += digits;
        if digits > 0 { Ok(()) } else { Err(self.error("a digit is missing")) }
    }

    /// Reads a string. Returns whether it has escapes.
    fn skip_string(&mut self) -> Result<bool, SyntaxError> {
        if !self.take(b'"') {
            return Err(self.error("a string is missing"));
        }
        let mut escaped = false;
        loop {
            self.position += plain_length(self.rest());
            if self.take(b'"') {
                return Ok(escaped);
            }
            if !self.take(b'\\') {
                return Err(self.error("a string does not end"));
            }
            self.skip_escape()?;
            escaped = true;
        }
    }

    fn skip_escape(&mut self) -> Result<(), SyntaxError> {
        let digits = match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            _ => return Err(self.error("invalid escape")),
        };
        self.position += 1;
        for _ in 0..digits {
            match self.peek() {
                Some(byte) if byte.is_ascii_hexdigit() => self.position += 1,
                _ => return Err(self.error("a hexadecimal digit is missing")),
            }
        }
        Ok(())
    }

    /// Reads a string, and returns it without its escapes.
    ///
    /// # Errors
    /// When the next token is not a string, or when an escape is half of a surrogate pair.
    pub fn string(&mut self) -> Result<Cow<'t, str>, SyntaxError> {
        self.skip_space();
        let start = self.position + 1;
        let escaped = self.skip_string()?;
        let raw = self.text.get(start..self.position - 1).unwrap_or_default();
        if !escaped {
            return Ok(Cow::Borrowed(raw));
        }
        let unescaped =
            char::decode_utf16(Units { rest: raw.chars(), low: None }).collect::<Result<String, _>>();
        unescaped.map(Cow::Owned).map_err(|_| self.error("half of a surrogate pair"))
    }

    /// Reads a value of any kind, and returns its text.
    ///
    /// # Errors
    /// When the next token does not begin a value.
    pub fn value_text(&mut self) -> Result<&'t str, SyntaxError> {
        let range = self.value()?;
        Ok(self.text.get(range).unwrap_or_default())
    }

    /// Reads a whole number.
    ///
    /// # Errors
    /// When the next token is not a whole number, or when it does not fit a `u64`.
    pub fn number(&mut self) -> Result<u64, SyntaxError> {
        self.skip_space();
        let digits = self.rest();
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            // Checking each multiplication instead takes one of 128 bits for each digit in WebAssembly.
            let tens = (number <= MOST_TENS).then(|| number * 10);
            let more = tens.and_then(|tens| tens.checked_add(u64::from(digit - b'0')));
            number = more.ok_or_else(|| self.error("a number is too large"))?;
            self.position += 1;
        }
        match digits {
            [b'0', b'0'..=b'9', ..] => Err(self.error("a number begins with 0")),
            [b'0'..=b'9', ..] => Ok(number),
            _ => Err(self.error("a whole number is missing")),
        }
    }
}

/// The UTF-16 units of a JSON string with escapes, whose syntax was checked before.
struct Units<'t> {
    rest: core::str::Chars<'t>,
    /// The low surrogate of the previous character, if it has one.
    low: Option<u16>,
}

impl Iterator for Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if let Some(low) = self.low.take() {
            return Some(low);
        }
        let character = match self.rest.next()? {
            '\\' => match self.rest.next()? {
                'u' => {
                    let digits = self.rest.by_ref().take(4).filter_map(|digit| digit.to_digit(16));
                    return Some(digits.fold(0, |unit, digit| unit << 4 | digit) as u16);
                }
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                itself => itself,
            },
            plain => plain,
        };
        let mut units = [0; 2];
        let mut units = character.encode_utf16(&mut units).iter().copied();
        let first = units.next();
        self.low = units.next();
        first
    }
}
