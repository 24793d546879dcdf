//! Takes the names of its parts out of a component. They only serve debuggers, and would be half of what a small
//! component has beside its code.

/// The magic number and the version.
const HEADER: usize = 8;
/// What marks a section that only tools look at.
const CUSTOM: u8 = 0;
/// The custom section with the names of a component's parts.
const NAMES: &[u8] = b"component-name";

/// The component without the names of its parts. What is no component stays as it is.
pub(crate) fn without_names(component: &[u8]) -> Vec<u8> {
    let mut rest = component;
    let mut kept = take(&mut rest, HEADER).unwrap_or_default().to_vec();
    while let Some(section) = section(&mut rest) {
        if section.id != CUSTOM || section.name() != Some(NAMES) {
            kept.extend_from_slice(section.bytes);
        }
    }
    kept.extend_from_slice(rest);
    kept
}

struct Section<'a> {
    id: u8,
    content: &'a [u8],
    /// All of it.
    bytes: &'a [u8],
}

impl<'a> Section<'a> {
    /// The name, if it is a custom section.
    fn name(&self) -> Option<&'a [u8]> {
        let mut content = self.content;
        let length = number(&mut content)?;
        take(&mut content, length)
    }
}

/// Takes a section off the front.
fn section<'a>(rest: &mut &'a [u8]) -> Option<Section<'a>> {
    let all = *rest;
    let mut behind = all;
    let [id] = *take(&mut behind, 1)? else { return None };
    let length = number(&mut behind)?;
    let content = take(&mut behind, length)?;
    *rest = behind;
    let bytes = all.get(..all.len() - behind.len())?;
    Some(Section { id, content, bytes })
}

/// Takes a number off the front: seven bits a byte, the lowest first.
fn number(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let [byte] = *take(rest, 1)? else { return None };
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (front, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(front)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = b"\0asm\x0d\0\x01\0";

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        // The length in two bytes, which is allowed where one would do.
        [&[id, content.len() as u8 | 0x80, 0], content].concat()
    }

    #[test]
    fn the_names_go_and_everything_else_stays() {
        let names = section(CUSTOM, b"\x0ecomponent-name and the names");
        let others = [section(1, b"a module"), section(CUSTOM, b"\x09producers!"), section(7, b"")];
        let component = [START, &others[0], &names, &others[1], &others[2]].concat();
        assert_eq!(without_names(&component), [START, &others[0], &others[1], &others[2]].concat());
    }

    #[test]
    fn what_is_no_component_stays_as_it_is() {
        for bytes in [&b""[..], b"\0asm", b"\0asm\x0d\0\x01\0\x00", b"\0asm\x0d\0\x01\0\x00\x7fshort"] {
            assert_eq!(without_names(bytes), bytes);
        }
    }
}
