//! Samples out of the text format of Prometheus, as the engine writes it.

use std::collections::BTreeMap;

/// One sample of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Sample {
    /// The value of a label; empty if it has none.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// The samples of one metric; lines that are none are passed over.
pub fn samples(text: &str, metric: &str) -> Vec<Sample> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(metric));
    lines.filter(|rest| rest.starts_with(['{', ' '])).filter_map(sample).collect()
}

/// What stands behind a metric's name.
fn sample(rest: &str) -> Option<Sample> {
    let (labels, value) = match rest.strip_prefix('{') {
        Some(inner) => labels(inner)?,
        None => (BTreeMap::new(), rest),
    };
    let value = value.split_whitespace().next()?.parse().ok()?;
    Some(Sample { labels, value })
}

/// The labels up to the closing brace, and what follows it.
fn labels(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let (mut found, mut rest) = (BTreeMap::new(), text);
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((found, after));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let (value, after) = unquoted(quoted)?;
        found.insert(name.to_owned(), value);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
}

/// A label's value up to its closing quote, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut characters) = (String::new(), text.char_indices());
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[place + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_their_labels_whatever_stands_in_them() {
        let text = "# HELP a A.\n# TYPE a gauge\na{source=\"x\",publisher=\"甲 \\\"}\\\\ ,=\\n\"} 1.5\na_total 3\na 2 1700\na{source=\"x\" 7\na nothing\n";
        let found = samples(text, "a");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].label("source"), found[0].label("publisher")), ("x", "甲 \"}\\ ,=\n"));
        assert!((found[0].value - 1.5).abs() < 1e-9 && (found[1].value - 2.0).abs() < 1e-9);
        assert_eq!(found[1].label("source"), "");
        assert_eq!(samples(text, "b"), []);
    }
}
