//! Who the operator is stands in every score as the register has it by then, whatever was kept of earlier scores.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use yujing_core::engine::{Engine, Mode, Pending, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Record, Sources};
use yujing_core::warning::Cause;
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::ruleset::small_ruleset;

const OPERATOR: &str = "JY21201030043213";

/// What a batch says, and what becomes of it.
#[derive(Debug, Clone)]
struct Batch {
    saying: Saying,
    is_dropped: bool,
    mode: Mode,
}

#[derive(Debug, Clone)]
enum Saying {
    /// The register has the operator under a name.
    Named(u8),
    /// The register no longer has it.
    Removed,
    /// Something that has nothing to do with the register.
    Complained,
}

fn batch() -> impl Strategy<Value = Batch> {
    let saying = prop_oneof![(0..3_u8).prop_map(Saying::Named), Just(Saying::Removed), Just(Saying::Complained)];
    let mode = prop_oneof![4 => Just(Mode::Live), 1 => Just(Mode::CatchUp)];
    (saying, any::<bool>(), mode).prop_map(|(saying, is_dropped, mode)| Batch { saying, is_dropped, mode })
}

/// An engine, the records for it, and the name that the register has by now.
struct Office {
    engine: Engine,
    story: RecordBuilder<'static>,
    name: Option<String>,
}

impl Office {
    fn record(&mut self, source: &str, fields: &Value, at: Timestamp) -> Record {
        let fields = fields.as_object().expect("an object");
        self.story.build(source, fields, at).expect("there is such a source")
    }

    /// The name that the batch leaves, once it is committed.
    fn decide(&mut self, number: usize, saying: &Saying, mode: Mode) -> (Pending, Option<String>) {
        let at = at(number);
        let entry = |content: Value| {
            let mut entry = json!({ "occurred_at": "2026-01-05T00:00:00+08:00", "revision": number + 1 });
            entry.as_object_mut().expect("an object").extend(content.as_object().expect("an object").clone());
            entry
        };
        let (record, name) = match saying {
            Saying::Named(name) => {
                let name = format!("第{name}饭馆");
                (self.record("operators", &entry(json!({ "name": name })), at), Some(name))
            }
            Saying::Removed => (self.record("operators", &entry(json!({ "op": "retract" })), at), None),
            Saying::Complained => {
                let complaint = json!({ "event_id": format!("c{number}"), "occurred_at": at.to_string() });
                (self.record("complaints", &complaint, at), self.name.clone())
            }
        };
        let pending = self.engine.apply(&[record], &Positions::new(), mode).expect("features are computed");
        (pending, name)
    }

    /// Everybody's score says it, a question too.
    fn assert_says(&mut self, at: Timestamp) {
        let everyone = self.engine.operators();
        let pending = self.engine.sweep(&everyone, at, Cause::Time, &Positions::new()).expect("features are computed");
        let shown = pending.output.scores.iter().map(|score| named(&json!(score)));
        assert!(shown.eq(everyone.iter().map(|_| self.name.clone())), "{:?}", pending.output.scores);
        self.engine.commit(pending);
        let asked = self.engine.score_of(OPERATOR, at).expect("features are computed");
        assert!(asked.is_none_or(|score| named(&json!(score)) == self.name));
    }
}

fn at(number: usize) -> Timestamp {
    let first: Timestamp = "2026-03-02T02:00:00Z".parse().expect("a time");
    first + jiff::SignedDuration::from_mins(i64::try_from(number).expect("few"))
}

fn named(score: &Value) -> Option<String> {
    let operator = &score["operator"];
    assert_eq!(operator["registered"], json!(operator["name"].is_string()), "{operator}");
    operator["name"].as_str().map(str::to_owned)
}

static SOURCES: LazyLock<Arc<Sources>> =
    LazyLock::new(|| Arc::new(schemas_folder::load(Path::new("schemas")).expect("the published schemas are valid")));
static EXAMPLES: LazyLock<Examples> =
    LazyLock::new(|| Examples::load(Path::new("schemas"), &SOURCES).expect("every source has an example"));
static RULESET: LazyLock<Arc<Ruleset>> = LazyLock::new(|| {
    let folder = small_ruleset(&[]);
    let ruleset = rules_folder::load(folder.path(), &SOURCES);
    Arc::new(ruleset.unwrap_or_else(|found| panic!("{}", found.render(false))))
});

proptest! {
    #[test]
    fn a_score_says_who_the_operator_is_by_what_was_committed(batches in prop::collection::vec(batch(), 1..8)) {
        let engine = Engine::new(Arc::clone(&SOURCES), Arc::clone(&RULESET));
        let story = RecordBuilder::new(&SOURCES, &EXAMPLES, OPERATOR);
        let mut office = Office { engine, story, name: None };
        for (number, Batch { saying, is_dropped, mode }) in batches.iter().enumerate() {
            let (pending, name) = office.decide(number, saying, *mode);
            for score in &pending.output.scores {
                prop_assert_eq!(named(&json!(score)), name.clone());
            }
            if *is_dropped {
                drop(pending);
            } else {
                office.engine.commit(pending);
                office.name = name;
            }
            office.assert_says(at(number));
        }
    }
}
