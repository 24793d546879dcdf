//! The items of a cart: values that are valid by construction.

/// The most characters that a SKU may have.
const MAX_SKU_CHARS: usize = 64;

/// The most that one request may add.
const MAX_QUANTITY: u64 = 1000;

/// The largest quantity of one item in a cart.
const MAX_HELD: u32 = 1_000_000;

/// The name of an item: 1 to 64 characters, not blank, none of them a control character
/// (an HTML form could not send those back unchanged).
#[derive(Debug, PartialEq)]
pub struct Sku<'a>(&'a str);

impl<'a> Sku<'a> {
    /// Uses the text as it is, without trimming; none if it is not a valid SKU.
    pub fn new(text: &'a str) -> Option<Self> {
        let valid = text.chars().count() <= MAX_SKU_CHARS
            && !text.trim().is_empty()
            && !text.chars().any(char::is_control);
        valid.then_some(Self(text))
    }

    pub fn as_str(&self) -> &'a str {
        self.0
    }
}

/// The quantity of an item to add: 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity(u32);

impl Quantity {
    /// None if the number is out of range.
    pub fn new(number: u64) -> Option<Self> {
        let in_range = (1..=MAX_QUANTITY).contains(&number);
        u32::try_from(number).ok().filter(|_| in_range).map(Self)
    }

    /// The sum of this quantity and `held`; none if that is too large for a cart.
    pub fn added_to(self, held: u32) -> Option<u32> {
        held.checked_add(self.0).filter(|total| *total <= MAX_HELD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_has_1_to_64_characters() {
        assert_eq!(Sku::new("apple").map(|sku| sku.as_str()), Some("apple"));
        assert!(Sku::new("").is_none());
        assert!(Sku::new(&"x".repeat(64)).is_some());
        assert!(Sku::new(&"x".repeat(65)).is_none());
    }

    #[test]
    fn a_sku_is_measured_in_characters_and_not_in_bytes() {
        assert!(Sku::new(&"ü".repeat(64)).is_some());
        assert!(Sku::new(&"ü".repeat(65)).is_none());
    }

    #[test]
    fn a_sku_is_not_blank_and_has_no_control_characters() {
        assert!(Sku::new("   ").is_none());
        assert!(Sku::new("a\nb").is_none());
        assert!(Sku::new("a\0").is_none());
        assert!(Sku::new(" a b ").is_some());
    }

    #[test]
    fn a_quantity_is_1_to_1000() {
        assert_eq!(Quantity::new(1), Some(Quantity(1)));
        assert_eq!(Quantity::new(1000), Some(Quantity(1000)));
        assert_eq!(Quantity::new(0), None);
        assert_eq!(Quantity::new(1001), None);
        assert_eq!(Quantity::new(u64::MAX), None);
    }

    #[test]
    fn a_cart_holds_at_most_1000000_of_one_item() {
        assert_eq!(Quantity(1000).added_to(0), Some(1000));
        assert_eq!(Quantity(1).added_to(999_999), Some(1_000_000));
        assert_eq!(Quantity(1).added_to(1_000_000), None);
        assert_eq!(Quantity(1000).added_to(u32::MAX), None);
    }
}
