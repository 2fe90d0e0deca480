//! Files that nest deeper than anything can walk: each kind is refused in words, on a small stack.

use std::fs;
use std::path::Path;

use rstest::rstest;
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::folder::copy_folder;

const DEEP: usize = 20_000;

/// Does something where the stack is as small as that of the engine's threads.
fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 * 1_024 * 1_024).spawn_scoped(scope, work);
        thread.expect("a thread").join().expect("it ends")
    })
}

fn nested(before: &str, middle: &str, behind: &str) -> String {
    format!("{}{middle}{}", before.repeat(DEEP), behind.repeat(DEEP))
}

#[rstest]
#[case::policy("ruleset.toml", format!("x = {}", nested("[", "1", "]")))]
#[case::tables_of_the_policy("ruleset.toml", format!("[{}x]", "a.".repeat(DEEP)))]
#[case::calendar("calendar.toml", format!("x = {}", nested("{ a = ", "1", " }")))]
#[case::laws("laws.toml", format!("x = {}", nested("[", "1", "]")))]
#[case::modifiers("modifiers.toml", format!("x = {}", nested("[", "1", "]")))]
#[case::header("pests/deep.rhai", format!("//! x = {}\n", nested("[", "1", "]")))]
#[case::brackets_of_a_rule("pests/deep.rhai", format!("fn when(op) {{ {} }}", nested("(", "true", ")")))]
#[case::blocks_of_a_rule("pests/deep.rhai", format!("fn when(op) {{ {} }}", nested("if true {", "true", "}")))]
#[case::chain_of_a_rule("pests/deep.rhai", format!("fn when(op) {{ 1{} }}", " + 1".repeat(DEEP)))]
#[case::negations_of_a_rule("pests/deep.rhai", format!("fn when(op) {{ {}true }}", "!".repeat(DEEP)))]
#[case::texts_of_a_rule("pests/deep.rhai", format!("fn when(op) {{ {} }}", nested("`${", "1", "}`")))]
#[case::brackets_of_a_feature("features/deep.sql", format!("SELECT {} FROM complaints", nested("(", "1", ")")))]
#[case::chain_of_a_feature("features/deep.sql", format!("SELECT 1{} FROM complaints", "+1".repeat(DEEP)))]
#[case::negations_of_a_feature("features/deep.sql", format!("SELECT {} true FROM complaints", "NOT ".repeat(DEEP / 2)))]
#[case::queries_of_a_feature("features/deep.sql", nested("SELECT * FROM (", "SELECT 1", ") t").chars().take(60_000).collect())]
fn a_file_of_rules_that_nests_too_deeply_is_refused(#[case] file: &str, #[case] text: String) {
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(Path::new("tests/it/checks/sound"), folder.path());
    fs::create_dir_all(folder.path().join("pests")).expect("a folder");
    fs::write(folder.path().join(file), text).expect("it is written");
    let sources = schemas_folder::load(Path::new("schemas")).expect("the sources load");
    let refused = on_a_small_stack(|| rules_folder::load(folder.path(), &sources).map(|_| ()));
    assert!(refused.is_err_and(|problems| problems.has_errors()));
}

#[rstest]
#[case::lists(nested("[", "1", "]"))]
#[case::objects(nested("{\"properties\":{\"a\":", "{}", "}}"))]
fn a_schema_that_nests_too_deeply_is_refused(#[case] text: String) {
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(Path::new("schemas"), folder.path());
    fs::write(folder.path().join("deep.schema.json"), text).expect("it is written");
    assert!(on_a_small_stack(|| schemas_folder::load(folder.path()).map(|_| ())).is_err());
}

#[rstest]
#[case::lists(nested("[", "1", "]"))]
#[case::objects(nested("{ a = ", "1", " }"))]
fn a_file_of_cases_that_nests_too_deeply_is_refused(#[case] text: String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("deep.toml"), format!("rule = {text}")).expect("it is written");
    assert!(on_a_small_stack(|| yujing_workbench::case::load(folder.path()).map(|_| ())).is_err());
}
