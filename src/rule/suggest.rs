//! "Did you mean": the nearest of the names that exist.

/// How alike two names must be (Jaro-Winkler, 0 to 1) to be worth suggesting.
const ALIKE: f64 = 0.8;

/// ``did you mean `name`?`` for the nearest candidate, if one is near.
pub fn did_you_mean<'a>(given: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(given, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| format!("did you mean `{name}`?"))
}
