//! Publishing, scoring and listing, by the example's script.

use std::collections::BTreeMap;

use super::super::{ExampleCopy, SOURCES, compare, data, fenced, rows_of};
use crate::support::kafka::{bootstrap, read_committed};

#[test]
fn chicago_is_published_scored_and_listed_as_its_guides_say() {
    let Some(data) = data() else { return };
    let mut copy = ExampleCopy::new(&data);
    copy.environment.push(("YUJING_LANG".to_owned(), "en".to_owned()));
    let said = copy.run("sh", &["run.sh", bootstrap()]);
    let begin = said.find("== Publishing").unwrap_or_else(|| panic!("no publishing in\n{said}"));
    let printed = &said[begin..];

    let published = published(printed);
    let outcomes = outcomes(printed);
    for source in SOURCES {
        let consumed: u64 = outcomes.iter().filter(|((of, _), _)| of == source).map(|(_, count)| count).sum();
        assert_eq!(consumed, published[source], "every event of {source} has one outcome:\n{printed}");
    }
    let rows = |name: &str| rows_of(&data.join(name));
    let nobodys = rows("visits.csv").iter().filter(|row| row.starts_with("0,")).count() as u64;
    assert_eq!(published["operators"], rows("operators.csv").len() as u64);
    assert_eq!(published["inspections"], rows("inspections.csv").len() as u64);
    assert_eq!(published["visits"] + nobodys, rows("visits.csv").len() as u64, "licence 0 is nobody's");

    let refused = outcomes.get(&("sanitation".to_owned(), "dead_lettered".to_owned())).copied().unwrap_or_default();
    let letters = read_committed(&format!("{}.dlq", copy.topic("chicago.sanitation.v1")));
    assert_eq!(letters.len() as u64, refused);
    assert!(letters.iter().all(|letter| letter.header("yujing.error.code") == "conflict"), "{letters:?}");

    let chinese = copy.run(env!("CARGO_BIN_EXE_yujing"), &["scores", "--top", "10", "--lang", "zh"]);
    compare("README.md", "list", &fenced(printed));
    compare("README.zh-CN.md", "list", &fenced(&chinese));
}

/// The number of events by source, from lines like `24518 events published to chicago.inspections.v1`.
fn published(printed: &str) -> BTreeMap<String, u64> {
    let line = |line: &str| {
        let (count, topic) = line.split_once(" events published to chicago.")?;
        Some((topic.trim_end_matches(".v1").to_owned(), count.parse().ok()?))
    };
    printed.lines().filter_map(line).collect()
}

/// The number of records by source and outcome, from lines like `inspections: 24518 applied`.
fn outcomes(printed: &str) -> BTreeMap<(String, String), u64> {
    let line = |line: &str| {
        let (source, counted) = line.split_once(": ")?;
        let (count, outcome) = counted.split_once(' ')?;
        Some(((source.to_owned(), outcome.to_owned()), count.parse().ok()?))
    };
    printed.lines().filter_map(line).collect()
}
