//! Operators compared by their first bytes, which lie side by side in what is sorted.

/// An operator as rows are sorted by it: in the order of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OperatorKey<'a> {
    /// The first 16 bytes, the first the most significant: all of a licence's number.
    prefix: u128,
    operator: &'a str,
}

impl<'a> OperatorKey<'a> {
    pub fn of(operator: &'a str) -> Self {
        let mut prefix = [0; 16];
        let length = operator.len().min(prefix.len());
        prefix[..length].copy_from_slice(&operator.as_bytes()[..length]);
        Self { prefix: u128::from_be_bytes(prefix), operator }
    }

    pub fn operator(self) -> &'a str {
        self.operator
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_the_texts(left in "[a鼠\\x00]{0,20}", right in "[a鼠\\x00]{0,20}") {
            prop_assert_eq!(OperatorKey::of(&left).cmp(&OperatorKey::of(&right)), left.cmp(&right));
        }
    }
}
