//! What the query engine says, for people who did not make it.

use std::error::Error;

use datafusion::error::DataFusionError;

use super::table::TableError;

/// The engine asks for a report to its own makers when it thinks that it is at fault.
const REPORT: &str = "This issue was likely caused by a bug in DataFusion's code";
const END_OF_REPORT: &str = "/issues";

/// More characters than this are a cell of a table, not words.
const LONGEST: usize = 400;

/// What stands before the words themselves.
const LAYERS: [&str; 6] = [
    "Internal error: ",
    "Execution error: ",
    "Error during planning: ",
    "Arrow error: ",
    "Schema error: ",
    "Cast error: ",
];

/// The reason on one line, with the place in the SQL where the engine knows one.
pub(crate) fn in_words(error: &DataFusionError) -> String {
    if let Some(told) = error.diagnostic() {
        let place = told.span.map(|span| format!("line {}, column {}: ", span.start.line, span.start.column));
        let further = told.notes.iter().map(|note| &note.message).chain(told.helps.iter().map(|help| &help.message));
        let further: Vec<_> = further.map(|text| format!("; {text}")).collect();
        return format!("{}{}{}", place.unwrap_or_default(), told.message, further.concat());
    }
    let message = error.find_root().message();
    let message = message.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or_default();
    let mut words = message.split_whitespace().collect::<Vec<_>>().join(" ");
    while let Some(begin) = words.find(REPORT) {
        let end = words[begin..].find(END_OF_REPORT).map_or(words.len(), |end| begin + end + END_OF_REPORT.len());
        words.replace_range(begin..end, "");
    }
    let mut words = words.trim();
    while let Some(rest) = LAYERS.iter().find_map(|layer| words.strip_prefix(layer)) {
        words = rest;
    }
    let words = words.trim_end_matches('.');
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

/// The table that could not be read to its end, if that is the reason.
pub(crate) fn of_table(error: &DataFusionError) -> Option<String> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(table) = error.downcast_ref::<TableError>() {
            return Some(table.to_string());
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_the_makers_of_the_engine() {
        let internal = || DataFusionError::Internal("Assertion failed: a != b".to_owned());
        let wrapped = internal().context("Optimizer rule 'unwrap' failed").context("while planning");
        let collected = DataFusionError::Execution(format!("first: {}; second: {}", internal(), internal()));
        for (error, expected) in [
            (internal(), "Assertion failed: a != b"),
            (wrapped, "Assertion failed: a != b"),
            (
                collected,
                "first: Internal error: Assertion failed: a != b. ; second: Internal error: Assertion failed: a != b",
            ),
        ] {
            assert!(error.to_string().contains("bug report"), "the engine says it: {error}");
            assert_eq!(in_words(&error), expected);
        }
    }
}
