//! Reads JSON text from left to right.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::plain::plain_length;
use super::write::push_number;

/// Where a text stops being JSON, and why.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    place: usize,
    reason: &'static str,
}

impl Fault {
    /// The same for a person, with line and column of the text it was found in.
    pub fn tell(self, text: &[u8]) -> String {
        let before = text.get(..self.place).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        let mut told = Vec::from(self.reason);
        told.extend_from_slice(b" at line ");
        push_number(line as u64, &mut told);
        told.extend_from_slice(b" column ");
        push_number(column as u64, &mut told);
        String::from_utf8(told).unwrap_or_default()
    }
}

/// A place in a JSON text. What was read is behind it.
///
/// It sees bytes: only strings that are answered are checked to be UTF-8.
pub struct Scanner<'t> {
    text: &'t [u8],
    place: usize,
}

impl<'t> Scanner<'t> {
    /// The beginning of a text.
    pub fn new(text: &'t [u8]) -> Self {
        Self { text, place: 0 }
    }

    /// How many bytes were read.
    pub fn place(&self) -> usize {
        self.place
    }

    /// What is wrong here.
    pub fn fault(&self, reason: &'static str) -> Fault {
        Fault { place: self.place, reason }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.place).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.place..).unwrap_or_default()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.place += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Fault> {
        self.skip_space();
        if self.take(byte) { Ok(()) } else { Err(self.fault(reason)) }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.place += 1;
        }
    }

    /// Reads the beginning of an object.
    ///
    /// # Errors
    /// When there is none.
    pub fn begin_object(&mut self) -> Result<(), Fault> {
        self.expect(b'{', "an object is missing")
    }

    /// Reads the beginning of an array.
    ///
    /// # Errors
    /// When there is none.
    pub fn begin_array(&mut self) -> Result<(), Fault> {
        self.expect(b'[', "an array is missing")
    }

    /// Reads up to the next member of an object, or over its end.
    ///
    /// # Errors
    /// When neither comes.
    pub fn has_member(&mut self, is_first: bool) -> Result<bool, Fault> {
        self.has_next(b'}', is_first)
    }

    /// Reads up to the next item of an array, or over its end.
    ///
    /// # Errors
    /// When neither comes.
    pub fn has_item(&mut self, is_first: bool) -> Result<bool, Fault> {
        self.has_next(b']', is_first)
    }

    fn has_next(&mut self, end: u8, is_first: bool) -> Result<bool, Fault> {
        self.skip_space();
        if self.take(end) {
            return Ok(false);
        }
        if is_first || self.take(b',') {
            self.skip_space();
            return Ok(true);
        }
        Err(self.fault("a comma or an end is missing"))
    }

    /// Reads a comma.
    ///
    /// # Errors
    /// When there is none.
    pub fn comma(&mut self) -> Result<(), Fault> {
        self.expect(b',', "a comma is missing")
    }

    /// Reads a colon.
    ///
    /// # Errors
    /// When there is none.
    pub fn colon(&mut self) -> Result<(), Fault> {
        self.expect(b':', "a colon is missing")
    }

    /// Reads the end of an array.
    ///
    /// # Errors
    /// When it does not end here.
    pub fn end_array(&mut self) -> Result<(), Fault> {
        self.expect(b']', "the end of an array is missing")
    }

    /// Reads the end of a line.
    ///
    /// # Errors
    /// When something else follows.
    pub fn end_line(&mut self) -> Result<(), Fault> {
        if self.take(b'\n') { Ok(()) } else { Err(self.fault("the line does not end with the value")) }
    }

    /// Reads the end of the text.
    ///
    /// # Errors
    /// When something else follows.
    pub fn end(&mut self) -> Result<(), Fault> {
        self.skip_space();
        if self.peek().is_none() { Ok(()) } else { Err(self.fault("more follows after the value")) }
    }

    /// Reads a value of any kind, and answers its place. Depth costs memory, but no stack.
    ///
    /// # Errors
    /// When there is none.
    pub fn value(&mut self) -> Result<Range<usize>, Fault> {
        self.skip_space();
        let start = self.place;
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
                self.place += 1;
                goes_on = self.goes_on(end, true)?;
                if goes_on {
                    ends.push(end);
                }
            }
            while !goes_on {
                let Some(end) = ends.last() else {
                    return Ok(start..self.place);
                };
                goes_on = self.goes_on(*end, false)?;
                if !goes_on {
                    ends.pop();
                }
            }
        }
    }

    /// Reads up to the next value in an array or object, or over its end.
    fn goes_on(&mut self, end: u8, is_first: bool) -> Result<bool, Fault> {
        let goes_on = self.has_next(end, is_first)?;
        if goes_on && end == b'}' {
            self.skip_string()?;
            self.colon()?;
            self.skip_space();
        }
        Ok(goes_on)
    }

    fn skip_scalar(&mut self) -> Result<(), Fault> {
        let literal = match self.peek() {
            Some(b'"') => return self.skip_string().map(drop),
            Some(b'-' | b'0'..=b'9') => return self.skip_number(),
            Some(b't') => &b"true"[..],
            Some(b'f') => b"false",
            Some(b'n') => b"null",
            _ => return Err(self.fault("a value is missing")),
        };
        if !self.rest().starts_with(literal) {
            return Err(self.fault("a value is missing"));
        }
        self.place += literal.len();
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), Fault> {
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

    fn skip_digits(&mut self) -> Result<(), Fault> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.place += digits;
        if digits > 0 { Ok(()) } else { Err(self.fault("a digit is missing")) }
    }

    /// Reads a string; answers whether it has escapes.
    fn skip_string(&mut self) -> Result<bool, Fault> {
        if !self.take(b'"') {
            return Err(self.fault("a string is missing"));
        }
        let mut escaped = false;
        loop {
            self.place += plain_length(self.rest());
            if self.take(b'"') {
                return Ok(escaped);
            }
            if !self.take(b'\\') {
                return Err(self.fault("a string does not end"));
            }
            self.skip_escape()?;
            escaped = true;
        }
    }

    fn skip_escape(&mut self) -> Result<(), Fault> {
        let digits = match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            _ => return Err(self.fault("no escape is called that")),
        };
        self.place += 1;
        for _ in 0..digits {
            match self.peek() {
                Some(byte) if byte.is_ascii_hexdigit() => self.place += 1,
                _ => return Err(self.fault("a hexadecimal digit is missing")),
            }
        }
        Ok(())
    }

    /// Reads a string, and answers what it means.
    ///
    /// # Errors
    /// When there is none, or when it is not UTF-8 or has half a surrogate pair.
    pub fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        self.skip_space();
        let start = self.place + 1;
        let escaped = self.skip_string()?;
        let raw = self.text.get(start..self.place - 1).unwrap_or_default();
        let raw = core::str::from_utf8(raw).map_err(|_| self.fault("a string is not UTF-8"))?;
        if !escaped {
            return Ok(Cow::Borrowed(raw));
        }
        let meant = char::decode_utf16(Units { rest: raw.chars(), low: None }).collect::<Result<String, _>>();
        meant.map(Cow::Owned).map_err(|_| self.fault("an escape is half a character"))
    }

    /// Reads a value of any kind, and returns its text.
    ///
    /// # Errors
    /// When there is none.
    pub fn value_text(&mut self) -> Result<&'t [u8], Fault> {
        let place = self.value()?;
        Ok(self.text.get(place).unwrap_or_default())
    }

    /// Reads a whole number.
    ///
    /// # Errors
    /// When there is none, or when it is too large.
    pub fn number(&mut self) -> Result<u64, Fault> {
        self.skip_space();
        let digits = self.rest();
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let more = number.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0')));
            number = more.ok_or_else(|| self.fault("a number is too large"))?;
            self.place += 1;
        }
        match digits {
            [b'0', b'0'..=b'9', ..] => Err(self.fault("a number begins with 0")),
            [b'0'..=b'9', ..] => Ok(number),
            _ => Err(self.fault("a whole number is missing")),
        }
    }
}

/// The UTF-16 units of a JSON string with escapes, which was checked before.
struct Units<'t> {
    rest: core::str::Chars<'t>,
    /// The second half of the character before, if it takes two.
    low: Option<u16>,
}

impl Iterator for Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if let Some(low) = self.low.take() {
            return Some(low);
        }
        let meant = match self.rest.next()? {
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
        let mut units = meant.encode_utf16(&mut units).iter().copied();
        let first = units.next();
        self.low = units.next();
        first
    }
}
