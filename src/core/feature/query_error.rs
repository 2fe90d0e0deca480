//! What DataFusion says of an error, for people who did not make it: without the layers that it passed through, and
//! without the report that its makers ask for when they think that they are at fault.

use datafusion::error::DataFusionError;

/// The request for a report, from here to [`END_OF_REPORT`].
const REPORT: &str = "This issue was likely caused by a bug in DataFusion's code";
const END_OF_REPORT: &str = "/issues";

/// More characters than this are a value, not words.
const MAX_CHARACTERS: usize = 400;

/// What stands before the words themselves.
const LAYERS: [&str; 6] = [
    "Internal error: ",
    "Execution error: ",
    "Error during planning: ",
    "Arrow error: ",
    "Schema error: ",
    "Cast error: ",
];

/// Where the remarks begin that DataFusion adds to its first sentence.
const REMARKS: [&str; 3] = [".,", " No function matches", " (DataType: "];

/// The first sentence of the error at the root: a diagnostic of a feature file points at the place itself.
pub fn short_reason(error: &DataFusionError) -> String {
    let message = error.find_root().message().into_owned();
    let mut words = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("unknown error");
    if let Some((_, alternatives)) = words.split_once(", errors: ") {
        words = alternatives;
    }
    for remark in REMARKS {
        words = words.split(remark).next().unwrap_or(words);
    }
    for layer in &LAYERS[..3] {
        words = words.rsplit(layer).next().unwrap_or(words);
    }
    let words = words.trim_end_matches('.');
    // A broken pattern is drawn over several lines; one of the last says what is wrong with it.
    match message.lines().find_map(|line| line.trim().strip_prefix("error: ")) {
        Some(wrong) => format!("{}: {wrong}", words.trim_end_matches("Syntax(").trim_end_matches([':', ' '])),
        None => words.to_owned(),
    }
}

/// All that the error at the root says, on one line, with the place in the SQL where DataFusion knows one.
pub fn full_reason(error: &DataFusionError) -> String {
    if let Some(found) = error.diagnostic() {
        let place = found.span.map(|span| format!("line {}, column {}: ", span.start.line, span.start.column));
        let further = found.notes.iter().map(|note| &note.message).chain(found.helps.iter().map(|help| &help.message));
        let further: Vec<_> = further.map(|text| format!("; {text}")).collect();
        return format!("{}{}{}", place.unwrap_or_default(), found.message, further.concat());
    }
    let message = error.find_root().message();
    let message = message.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or_default();
    let mut line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    while let Some(begin) = line.find(REPORT) {
        let end = line[begin..].find(END_OF_REPORT).map_or(line.len(), |end| begin + end + END_OF_REPORT.len());
        line.replace_range(begin..end, "");
    }
    let mut words = line.trim();
    while let Some(rest) = LAYERS.iter().find_map(|layer| words.strip_prefix(layer)) {
        words = rest;
    }
    let words = words.trim_end_matches('.');
    match words.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_the_makers_of_the_engine() {
        let internal = || DataFusionError::Internal("Assertion failed: a != b".to_owned());
        let wrapped = internal().context("Optimizer rule 'unwrap' failed").context("while planning");
        for error in [internal(), wrapped] {
            assert!(error.to_string().contains("bug report"), "the engine says it: {error}");
            assert_eq!(short_reason(&error), "Assertion failed: a != b");
            assert_eq!(full_reason(&error), "Assertion failed: a != b");
        }
        let collected = DataFusionError::Execution(format!("first: {}; second: {}", internal(), internal()));
        assert!(collected.to_string().contains("bug report"), "the engine says it: {collected}");
        assert_eq!(
            full_reason(&collected),
            "first: Internal error: Assertion failed: a != b. ; second: Internal error: Assertion failed: a != b"
        );
    }
}
