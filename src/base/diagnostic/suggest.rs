//! "Did you mean": the nearest of the names that exist.

use crate::language::{Bilingual, say};

/// How alike two names must be (Jaro-Winkler, 0 to 1) to be worth suggesting.
const MIN_SIMILARITY: f64 = 0.8;
/// No name is longer, in bytes; what is, is no slip of one.
const MAX_NAME_BYTES: usize = 128;
/// Most names that are compared: no folder of rules has more.
const MAX_CANDIDATES: usize = 5_000;
/// Most names that a hint lists.
const MAX_LISTED: usize = 60;

/// The candidate that was probably meant, if one is near enough.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > MAX_NAME_BYTES {
        return None;
    }
    let lower = given.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_NAME_BYTES)
        .take(MAX_CANDIDATES)
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= MIN_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// ``did you mean `name`?`` for the nearest candidate, if one is near.
pub fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<Bilingual> {
    nearest(given, candidates).map(|name| say!("是否应为 `{name}`？", "did you mean `{name}`?"))
}

/// Names between backticks, for a list in a hint.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> Bilingual {
    let mut names = names.into_iter();
    let quoted: Vec<_> = names.by_ref().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    let (zh, en) = (quoted.join("、"), quoted.join(", "));
    match names.count() {
        0 => Bilingual { zh, en },
        more => say!("{zh}，另有{more}个", "{en} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_words_are_suggested() {
        assert_eq!(nearest("verdct", ["verdict", "items"]), Some("verdict"));
        assert_eq!(nearest("COUNT", ["count", "sum"]), Some("count"));
        assert_eq!(nearest("weather", ["verdict", "items"]), None);
    }

    #[test]
    fn what_is_no_name_costs_nothing_and_a_long_list_says_how_many_more() {
        let long = "a".repeat(1 << 20);
        assert_eq!(nearest(&long, [long.as_str()]), None);
        let names: Vec<String> = (0..100).map(|number| format!("n{number}")).collect();
        let names_listed = listed(names.iter().map(String::as_str));
        assert!(
            names_listed.en.ends_with("`n59` and 40 more") && names_listed.zh.ends_with("`n59`，另有40个"),
            "{names_listed:?}"
        );
    }
}
