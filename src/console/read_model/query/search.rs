//! Words in names, numbers, addresses and pinyin initials: all of them have to be there, anywhere. The index holds three
//! characters in a row; shorter words, such as most Chinese ones, are looked for in every row, which are short.

use crate::read_model::scope::Condition;

/// Most words that are looked for; further ones are left out.
const MOST_WORDS: usize = 8;
/// The least characters that the index finds.
const LEAST_INDEXED: usize = 3;

/// Rows of `operator` that have all words of a text.
pub fn matches(text: &str) -> Condition {
    let mut condition = Condition::all();
    for word in text.to_lowercase().split_whitespace().take(MOST_WORDS) {
        // SQLite takes a text for ended at this character.
        let word = word.replace('\0', " ");
        condition.and(if word.chars().count() >= LEAST_INDEXED {
            let phrase = format!("\"{}\"", word.replace('"', "\"\""));
            let sql = "operator.number IN (SELECT rowid FROM operator_search WHERE search MATCH ?)";
            Condition { sql: sql.to_owned(), values: vec![phrase.into()] }
        } else {
            Condition { sql: "instr(operator.search, ?) > 0".to_owned(), values: vec![word.into()] }
        });
    }
    condition
}
