//! What a search finds an operator by.

use pinyin::ToPinyin as _;

/// Most characters of it: longer names and addresses are found by their beginning.
const MOST_CHARACTERS: usize = 600;

/// Name, number, address and the initials of the name's pinyin, lower-case.
pub(super) fn search_text(name: Option<&str>, operator_id: &str, address: Option<&str>) -> String {
    let (name, address) = (name.unwrap_or_default(), address.unwrap_or_default());
    let parts = [cut(operator_id), cut(name), cut(&initials(name)), cut(address)];
    parts.join("\n").to_lowercase()
}

/// The initials of Chinese characters; letters and digits between them stay.
fn initials(name: &str) -> String {
    let initial = |character: char| match character.to_pinyin() {
        Some(pinyin) => pinyin.first_letter().chars().next(),
        None => character.is_ascii_alphanumeric().then_some(character),
    };
    name.chars().filter_map(initial).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_CHARACTERS / 4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_found_by_name_number_address_and_initials() {
        let text = search_text(Some("友谊路KFC餐厅"), "JY21201030043213", Some("示例路1号"));
        assert_eq!(text, "jy21201030043213\n友谊路kfc餐厅\nyylkfcct\n示例路1号");
        assert_eq!(search_text(None, "X", None), "x\n\n\n");
    }

    #[test]
    fn a_name_of_ten_thousand_characters_is_cut() {
        let text = search_text(Some(&"长".repeat(10_000)), "JY1", None);
        assert!(text.chars().count() < 700, "{}", text.chars().count());
    }
}
