//! Writes strings and numbers as JSON.

use alloc::vec::Vec;

use super::plain::plain_length;

/// Appends a JSON string.
pub fn push_string(text: &str, document: &mut Vec<u8>) {
    document.push(b'"');
    let mut rest = text.as_bytes();
    while let Some((before, [byte, behind @ ..])) = rest.split_at_checked(plain_length(rest)) {
        document.extend_from_slice(before);
        push_escape(*byte, document);
        rest = behind;
    }
    document.extend_from_slice(rest);
    document.push(b'"');
}

fn push_escape(byte: u8, document: &mut Vec<u8>) {
    let escape = match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        0..0x20 => {
            let digit = byte & 15;
            let digit = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            document.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), digit]);
            return;
        }
        itself => itself,
    };
    document.extend_from_slice(&[b'\\', escape]);
}

/// Appends a number.
pub fn push_number(mut number: u64, document: &mut Vec<u8>) {
    let start = document.len();
    loop {
        // A remainder of a division by 10 is one digit.
        document.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    document.get_mut(start..).unwrap_or_default().reverse();
}
