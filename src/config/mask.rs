//! The text of a configuration file as messages may show it: without the values of Kafka properties and of tokens, whose
//! lines stand next to many a mistake. A masked text has its bytes in the same places.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The keys of `[kafka]` that are no secret.
const PLAIN: [&str; 2] = ["bootstrap_servers", "group_id"];

/// Keys of other sections where somebody may have written a secret, though only its place belongs there.
const ELSEWHERE: [&[&str]; 4] = [
    &["server", "read_tokens"],
    &["server", "reload_tokens"],
    &["console", "engine_token"],
    &["console", "oidc", "client_secret"],
];

/// The text with stars for values that may be secret.
pub(super) fn masked(text: &str) -> String {
    let spans = match DeTable::parse(text) {
        Ok(table) => secrets(table.get_ref()),
        Err(_) => lines_of_kafka(text),
    };
    let mut bytes = text.as_bytes().to_vec();
    for span in spans {
        for byte in &mut bytes[span] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b'*';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Whether a place lies in a value that may be secret.
pub(super) fn hides(text: &str, place: &Range<usize>) -> bool {
    let spans = DeTable::parse(text).map(|table| secrets(table.get_ref())).unwrap_or_default();
    spans.iter().any(|span| span.start <= place.start && place.start < span.end)
}

/// Values below `kafka`, but for those that are no secret, and tokens.
fn secrets(table: &DeTable<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if let Some(kafka) = table.get("kafka") {
        match kafka.get_ref() {
            DeValue::Table(keys) => {
                for (name, value) in keys {
                    if !PLAIN.contains(&&**name.get_ref()) {
                        collect(value.get_ref(), value.span(), &mut found);
                    }
                }
            }
            other => collect(other, kafka.span(), &mut found),
        }
    }
    for path in ELSEWHERE {
        let Some((key, sections)) = path.split_last() else { continue };
        let within = sections.iter().try_fold(table, |outer, section| outer.get(*section)?.get_ref().as_table());
        if let Some(value) = within.and_then(|keys| keys.get(*key)) {
            collect(value.get_ref(), value.span(), &mut found);
        }
    }
    found
}

fn collect(value: &DeValue<'_>, span: Range<usize>, found: &mut Vec<Range<usize>>) {
    match value {
        DeValue::Table(keys) => keys.iter().for_each(|(_, value)| collect(value.get_ref(), value.span(), found)),
        _ => found.push(span),
    }
}

/// Of a file that is not TOML: what stands behind the name of a property in sections of Kafka or of a token, and whole
/// lines there that have none.
fn lines_of_kafka(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut within) = (0, false);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with('[') {
            within = trimmed.contains("kafka");
        } else if !trimmed.starts_with('#')
            && (within || ["kafka", "properties", "token", "secret"].iter().any(|word| trimmed.contains(word)))
        {
            let behind = line.find('=').filter(|at| is_name(&line[..*at])).map_or(0, |at| at + 1);
            found.push(start + behind..start + line.len());
        }
        start += line.len();
    }
    found
}

/// Whether a property's name stands before a `=`. The lines of a key in PEM may end with that sign too.
fn is_name(text: &str) -> bool {
    text.contains(['.', '_'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "hunter2密";

    #[test]
    fn no_way_of_writing_a_property_shows_its_value_and_every_place_stays() {
        for text in [
            format!("[kafka]\ngroup_id = \"g\"\n[kafka.properties]\n\"sasl.password\" = \"{SECRET}\"\n[log]\n"),
            format!("[kafka]\nproperties = {{ \"a\" = \"{SECRET}\", \"b\" = '{SECRET}' }}\n"),
            format!("kafka.properties.\"sasl.password\" = \"{SECRET}\"\n"),
            format!("[kafka]\nsasl_password = \"{SECRET}\"\n"),
            format!("[kafka.properties.sasl]\npassword = \"\"\"\n{SECRET}\n\"\"\"\n"),
            format!("[kafka.properties]\n\"a\" = \"{SECRET}\n\"b\" = 1\n"),
            format!("[kafka.properties]\na = {SECRET}\n  {SECRET}\n"),
            format!("kafka.properties.a = {SECRET}\n"),
            format!("[server]\nread_tokens = [\"{SECRET}\", \"{SECRET}\"]\n"),
            format!("server.reload_tokens = \"{SECRET}\"\n[log]\n"),
            format!("[console]\nengine_token = \"{SECRET}\"\n"),
            format!("[console]\nengine_token = \"{SECRET}\nlisten = 1\n"),
            format!("[console.oidc]\nclient_secret = \"{SECRET}\"\n"),
            format!("[console]\noidc = {{ client_secret = '{SECRET}' }}\n"),
            format!("[console.oidc]\nclient_secret = \"{SECRET}\nissuer = 1\n"),
            format!("[kafka.properties]\n\"ssl.key.pem\" = \"\"\"\n{SECRET}==\n\"\"\"\n\"b\" = \"open\n"),
        ] {
            let shown = masked(&text);
            assert!(!shown.contains("hunter2") && !shown.contains('密'), "{shown}");
            assert_eq!(shown.len(), text.len());
            assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let text = "[kafka]\ngroup_id = \"g\"\nbootstrap_servers = \"b\"\n[log]\nformat = \"text\"\n";
        assert_eq!(masked(text), text);
    }
}
