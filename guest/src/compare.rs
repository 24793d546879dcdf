//! Compares bytes, eight at a time.

/// Returns a negative number, 0 or a positive number, as the first of two sequences of the same length comes before the
/// other, is equal, or comes after it.
///
/// It must not compare slices by an operator: the compiler makes a call of `memcmp` of that, which is this function.
pub fn compare(left: &[u8], right: &[u8]) -> i32 {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks(), right.as_chunks());
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (u64::from_le_bytes(*left), u64::from_le_bytes(*right));
        if left != right {
            // The first byte decides, so it must be the most significant.
            return if left.swap_bytes() < right.swap_bytes() { -1 } else { 1 };
        }
    }
    for (left, right) in left_rest.iter().zip(right_rest) {
        if left != right {
            return i32::from(*left) - i32::from(*right);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_differs_decides_wherever_it_is() {
        for length in 0..40 {
            let bytes: Vec<u8> = (0..length).map(|number: u8| number.wrapping_mul(7)).collect();
            assert_eq!(compare(&bytes, &bytes), 0);
            for position in 0..bytes.len() {
                for byte in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut other = bytes.clone();
                    other[position] = byte;
                    // What follows does not matter.
                    other[position + 1..].fill(!byte);
                    let expected = bytes.cmp(&other) as i32;
                    assert_eq!(compare(&bytes, &other).signum(), expected, "{bytes:?} {other:?}");
                    assert_eq!(compare(&other, &bytes).signum(), -expected);
                }
            }
        }
    }
}
