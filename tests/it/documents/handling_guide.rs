//! The guide for those who answer warnings says what the rules folder says.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use rstest::rstest;
use yujing_base::language::Language;
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::Level;
use yujing_core::warning::handling::HandlingAction;
use yujing_workbench::catalogue::deadline_words;
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::guide::broken_links;

const STEPS: [HandlingAction; 5] = [
    HandlingAction::Acknowledged,
    HandlingAction::InProgress,
    HandlingAction::Answered,
    HandlingAction::Reviewed,
    HandlingAction::Closed,
];

fn ruleset() -> Ruleset {
    let sources = schemas_folder::load(Path::new("schemas")).expect("the schemas are right");
    let sources = std::sync::Arc::new(sources);
    rules_folder::load(Path::new("rules"), &sources).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

/// The rows of a guide's tables, as cells.
fn rows(guide: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    guide.lines().filter(|line| line.starts_with("| ")).map(cells).collect()
}

#[rstest]
#[case("handling/README.zh-CN.md", Language::Zh)]
#[case("handling/README.md", Language::En)]
fn its_clocks_and_roles_are_those_of_the_rules(#[case] page: &str, #[case] lang: Language) {
    let (ruleset, guide) = (ruleset(), fs::read_to_string(page).expect("the guide"));
    let (policy, routing) = (ruleset.handling.expect("handling.toml"), ruleset.routing.expect("routing.toml"));
    let rows = rows(&guide);
    for level in [Level::Red, Level::Orange, Level::Yellow, Level::Blue] {
        let deadlines = [policy.acknowledge[&level], policy.rung(level).expect("a rung")];
        let expected = deadlines.map(|deadline| lang.of(&deadline_words(deadline)).to_owned());
        let row = rows.iter().find(|row| row[0] == lang.pick(level.zh(), level.as_str()));
        assert_eq!(row.expect("the level has a row")[1..], expected, "{page}: {level}");
    }
    for action in STEPS {
        let named = lang.of(&action.words()).to_owned();
        let row = rows.iter().find(|row| row[0] == named).unwrap_or_else(|| panic!("{page}: no row of {named}"));
        let mut said: Vec<&str> = row[3].split(lang.pick("、", ", ")).collect();
        let mut roles: Vec<&str> = policy.roles[&action].iter().map(|role| lang.of(&routing.roles[role])).collect();
        said.sort_unstable();
        roles.sort_unstable();
        assert_eq!(said, roles, "{page}: {named}");
    }
    assert_eq!(broken_links(page), Vec::<String>::new(), "{page}");
}

#[test]
fn the_answer_that_it_shows_is_one() {
    for page in ["handling/README.zh-CN.md", "handling/README.md"] {
        let guide = fs::read_to_string(page).expect("the guide");
        let block = |start: &str| {
            guide.split(start).nth(1).and_then(|rest| rest.split("```").next()).expect("a block").to_owned()
        };
        let (answer, command) = (block("```json\n"), block("```sh\nyujing "));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("answer.json");
        fs::write(&file, answer).expect("the answer is written");
        let arguments = command.split_whitespace();
        let arguments = arguments.map(|word| if word == "answer.json" { file.as_os_str() } else { word.as_ref() });
        Command::new(env!("CARGO_BIN_EXE_yujing")).args(arguments).assert().success();
    }
}
