//! A file of the register, for the check of who acts: the operators that are open, as the engine would know them.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};
use yujing_base::OperatorId;
use yujing_base::error::{Classified, ErrorDomain};
use yujing_core::source::{Refusal, Sources};
use yujing_core::warning::routing::OperatorFacts;

use crate::publish::{Checker, Origin, ReadError, TimestampSource};

/// Why a file of the register cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("no schema describes a register: none has `\"x-kind\": \"reference\"`")]
    NoRegister,
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{place}: the engine would refuse this: {refusal}")]
    Refused { place: String, refusal: Refusal },
}

impl Classified for RegisterError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::NoRegister => ErrorDomain::Configuration,
            Self::Read(error) => error.domain(),
            Self::Refused { .. } => ErrorDomain::Data,
        }
    }
}

/// The operators of a file with one document a line, or one list, as `yujing publish` takes it. The last document of an
/// operator counts; who is retracted or has a day of closing is left out.
///
/// # Errors
/// If the file cannot be read, or the engine would refuse a document of it.
pub fn read(path: &Path, sources: &Sources) -> Result<BTreeMap<OperatorId, OperatorFacts>, RegisterError> {
    let (id, register) = sources.operators().ok_or(RegisterError::NoRegister)?;
    let checker = Checker::new(id, register, TimestampSource::ReportedAt);
    let mut operators = BTreeMap::new();
    for document in Origin::Lines(vec![path.to_owned()]).documents(register)? {
        let document = document?;
        let place = document.place.clone();
        let refused = |refusal| RegisterError::Refused { place, refusal };
        let row = checker.check(document, Timestamp::MAX).map_err(refused)?;
        let attributes: Map<String, Value> = serde_json::from_slice(&row.json).unwrap_or_default();
        if is_open(&attributes) {
            operators.insert(row.operator_id, OperatorFacts { attributes });
        } else {
            operators.remove(&row.operator_id);
        }
    }
    Ok(operators)
}

fn is_open(attributes: &Map<String, Value>) -> bool {
    let is_retracted = attributes.get("op").is_some_and(|op| op == "retract");
    let is_closed = attributes.get("closed_on").is_some_and(|day| !day.is_null());
    !is_retracted && !is_closed
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::schemas_folder;

    fn sources() -> Sources {
        let schemas = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas"));
        schemas_folder::load(schemas).unwrap_or_else(|found| panic!("{}", found.render(false)))
    }

    fn row(operator: &str, grid: &str, more: &str) -> String {
        format!(
            r#"{{"occurred_at":"2026-01-05T00:00:00+08:00","operator_id":"{operator}","publisher":"register","name":"示例",
            "business_form":"restaurant","sub_district":"甲街道","grid":"{grid}","static_risk":2,"protected_group":"none"{more}}}"#
        )
        .replace('\n', "")
    }

    fn read_text(text: &str) -> Result<BTreeMap<OperatorId, OperatorFacts>, RegisterError> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("operators.jsonl");
        fs::write(&file, text).expect("written");
        read(&file, &sources())
    }

    #[test]
    fn the_last_row_of_who_is_open_counts() {
        let rows = [
            row("JY21201030043213", "G1", ""),
            row("JY21201030043213", "G2", ""),
            row("JY31201030001472", "G1", r#","closed_on":"2026-02-01""#),
            row("JY11201030000014", "G1", ""),
            row("JY11201030000014", "G1", r#","op":"retract""#),
        ];
        let operators = read_text(&rows.join("\n")).expect("it reads");
        let grids: Vec<_> = operators.iter().map(|(id, facts)| (&**id, facts.value("grid"))).collect();
        assert_eq!(grids, [("JY21201030043213", Some("G2".into()))]);
    }

    #[test]
    fn what_the_engine_would_refuse_is_named_with_its_line() {
        let text = [row("JY21201030043213", "G1", ""), "{}".to_owned()].join("\n");
        let refused = read_text(&text).expect_err("the second has no operator").to_string();
        assert!(refused.contains("operators.jsonl:2"), "{refused}");
        let missing = read(Path::new("no/such/file.jsonl"), &sources()).expect_err("there is no file");
        assert!(missing.to_string().contains("no/such/file.jsonl"), "{missing}");
    }
}
