//! The rulesets that are judged by: features and rules in every way that analysts may write them, alone or beside the
//! starter rules, and the same with other rules.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_workbench::case::records::Examples;
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::folder::copy_folder;

/// The place of the ruleset that shadows try: as the second, but nobody answers its warnings, as with any shadow, and it does
/// not read what is over, which would be the champion's.
pub const SHADOW: usize = 2;

/// Sources, and rulesets over them.
pub struct Office {
    pub sources: Arc<Sources>,
    pub examples: Examples,
    pub rulesets: [Arc<Ruleset>; 3],
}

/// What changes a ruleset.
type Change = (&'static str, &'static str, &'static str);

/// The second ruleset counts and judges otherwise.
const CHANGES: [Change; 3] = [
    ("ruleset.toml", "blue   = { enter = 20, leave = 15 }", "blue   = { enter = 15, leave = 12 }"),
    ("features/odd_alerts.sql", "within(reported_at, INTERVAL '5 days')", "within(reported_at, INTERVAL '4 days')"),
    ("odd/odd_rodents.rhai", "{ 45 } else { 25 }", "{ 62 } else { 14 }"),
];

/// What only those read that are in force.
const OF_THE_CHAMPION: [&str; 6] = [
    "handling.toml",
    "routing.toml",
    "features/odd_past.sql",
    "odd/odd_again.rhai",
    "features/past_warnings.sql",
    "combined/again_after_warning.rhai",
];

/// Nothing is divided by zero.
const UNFAILING: Change = (
    "features/odd_alerts.sql",
    "count(*) FILTER (WHERE kind = 'status' AND state = 'online')",
    "nullif(count(*) FILTER (WHERE kind = 'status' AND state = 'online'), 0)",
);

impl Office {
    /// The folder beside this file alone.
    pub fn small() -> Self {
        Self::new(&CHANGES, |folder| {
            copy_folder(&checkout("tests/it/engine/oracle/rules"), folder);
            fs::copy(checkout("rules/calendar.toml"), folder.join("calendar.toml")).expect("a calendar");
            append_families(folder);
        })
    }

    /// The same, with posts that answer its warnings. No feature of it fails: where one does, an engine that is made anew
    /// looks at once for what one that goes on finds at the next whole hour.
    pub fn handled() -> Self {
        Self::new(&CHANGES, |folder| {
            copy_folder(&checkout("tests/it/engine/oracle/rules"), folder);
            copy_folder(&checkout("tests/it/engine/oracle/handled"), folder);
            fs::copy(checkout("rules/calendar.toml"), folder.join("calendar.toml")).expect("a calendar");
            append_families(folder);
            apply(folder, UNFAILING);
        })
    }

    /// Rules on nothing but counts of rows and of days, of which an engine that says nothing but warnings looks ahead to the
    /// instants that matter.
    pub fn counting() -> Self {
        Self::new(&[], |folder| {
            copy_folder(&checkout("tests/it/engine/oracle/counting"), folder);
            fs::copy(checkout("tests/it/engine/oracle/rules/ruleset.toml"), folder.join("ruleset.toml"))
                .expect("a policy");
            fs::copy(checkout("rules/calendar.toml"), folder.join("calendar.toml")).expect("a calendar");
            append_families(folder);
        })
    }

    /// The starter rules with it.
    pub fn starter() -> Self {
        Self::new(&CHANGES, |folder| {
            copy_folder(&checkout("rules"), folder);
            for part in ["features", "odd"] {
                copy_folder(&checkout("tests/it/engine/oracle/rules").join(part), &folder.join(part));
            }
            append_families(folder);
        })
    }

    fn new(changes: &[Change], fill: impl Fn(&Path)) -> Self {
        let schemas = checkout("schemas");
        let sources = Arc::new(schemas_folder::load(&schemas).expect("the published schemas are valid"));
        let examples = Examples::load(&schemas, &sources).expect("every source has an example");
        let rulesets = [(&[][..], true), (changes, true), (changes, false)].map(|(changes, is_champion)| {
            let folder = tempfile::tempdir().expect("a folder");
            fill(folder.path());
            for change in changes {
                apply(folder.path(), *change);
            }
            for file in OF_THE_CHAMPION.map(|name| folder.path().join(name)) {
                if !is_champion && file.exists() {
                    fs::remove_file(file).expect("removed");
                }
            }
            let ruleset = rules_folder::load(folder.path(), &sources);
            Arc::new(ruleset.unwrap_or_else(|problems| panic!("{}", problems.render(false))))
        });
        Self { sources, examples, rulesets }
    }
}

fn checkout(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn append_families(folder: &Path) {
    let families = fs::read_to_string(checkout("tests/it/engine/oracle/rules/families.toml")).expect("families");
    let policy = folder.join("ruleset.toml");
    let text = fs::read_to_string(&policy).expect("a policy");
    fs::write(policy, format!("{text}\n{families}")).expect("written");
}

fn apply(folder: &Path, (file, from, to): Change) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).expect("a file of the ruleset");
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(path, text.replace(from, to)).expect("written");
}
