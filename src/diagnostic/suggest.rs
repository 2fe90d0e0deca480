//! "Did you mean": the nearest of the names that exist.

use crate::language::{Bilingual, say};

/// How alike two names must be (Jaro-Winkler, 0 to 1) to be worth suggesting.
const ALIKE: f64 = 0.8;

/// The candidate that was probably meant, if one is near enough.
pub(crate) fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = given.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// ``did you mean `name`?`` for the nearest candidate, if one is near.
pub(crate) fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<Bilingual> {
    nearest(given, candidates).map(|name| say!("是否应为 `{name}`？", "did you mean `{name}`?"))
}

/// Names between backticks, for a list in a hint.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> Bilingual {
    let quoted: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    Bilingual::new(quoted.join("、"), quoted.join(", "))
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
}
