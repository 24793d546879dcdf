//! How deep components are nested in a file.

/// The preamble of a component or module.
const PREAMBLE: usize = 8;

/// The section of a component that holds another component.
const COMPONENT_SECTION: u8 = 4;

/// Whether components are nested deeper than `limit` in this component. It only looks at the headers of sections. A
/// malformed file is not deeper than what is well-formed of it.
pub(super) fn is_deeper_than(limit: usize, component: &[u8]) -> bool {
    // The rests of the components that contain the current one.
    let mut outer = Vec::new();
    let mut rest = component.get(PREAMBLE..).unwrap_or_default();
    loop {
        let Some(section) = Section::first_of(rest) else {
            match outer.pop() {
                Some(next) => rest = next,
                None => return false,
            }
            continue;
        };
        rest = section.behind;
        if section.id == COMPONENT_SECTION {
            outer.push(rest);
            if outer.len() > limit {
                return true;
            }
            rest = section.content.get(PREAMBLE..).unwrap_or_default();
        }
    }
}

struct Section<'a> {
    id: u8,
    content: &'a [u8],
    behind: &'a [u8],
}

impl<'a> Section<'a> {
    /// The first section of these; none if there is none, or it is malformed.
    fn first_of(sections: &'a [u8]) -> Option<Self> {
        let (id, rest) = sections.split_first()?;
        let (size, rest) = leb128(rest)?;
        let (content, behind) = rest.split_at_checked(size)?;
        Some(Self { id: *id, content, behind })
    }
}

/// An unsigned number of up to 32 bits, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(number).ok()?, bytes.get(index + 1..)?));
        }
    }
    None
}
