//! The rules that ship: they load, every case of theirs holds, and their texts keep to what is known of the law.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_core::warning::Level;
use yujing_core::warning::handling::HandlingAction;
use yujing_core::warning::routing::{OperatorFacts, RoutingInput};
use yujing_workbench::case::{CaseFile, Examples};
use yujing_workbench::synthetic::District;
use yujing_workbench::{rules_folder, schemas_folder};

/// Basis that a domain expert has read in the text in force. Only these may be `confirmed = true`; everything else is
/// shown as unconfirmed wherever a warning shows it.
const CONFIRMED: [(&str, &str); 11] = [
    ("食品安全法", "第三十五条"),
    ("食品安全法", "第一百零三条"),
    ("食品安全法", "第一百零五条"),
    ("食品安全法", "第一百零九条"),
    ("食品安全法", "第一百一十三条"),
    ("食品生产经营监督检查管理办法", "第二十二条"),
    ("食品生产经营监督检查管理办法", "第三十二条"),
    ("食品生产经营监督检查管理办法", "第三十三条"),
    ("食品生产经营监督检查管理办法", "第四十条"),
    ("食品生产经营监督检查管理办法", "第四十九条"),
    ("法释〔2021〕24号", "第九条"),
];

/// Laws and standards known from general knowledge only: never confirmed, whatever the article.
const FROM_GENERAL_KNOWLEDGE: [&str; 7] = [
    "监督检查结果记录表",
    "食品生产经营风险分级管理办法（试行）",
    "食品安全属地管理和包保工作机制",
    "餐饮服务食品安全操作规范",
    "GB 29921",
    "GB 31607",
    "互联网+明厨亮灶平台管理规定",
];

/// Words that would say in a warning what only a decision may say.
const CONCLUSIONS: [&str; 6] = ["违法", "犯罪", "黑心", "严重威胁", "罪", "涉嫌"];

fn sources() -> Arc<Sources> {
    Arc::new(schemas_folder::load(Path::new("schemas")).unwrap_or_else(|problems| panic!("{}", problems.render(false))))
}

fn ruleset(sources: &Sources) -> Ruleset {
    rules_folder::load(Path::new("rules"), sources).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn cases() -> Vec<CaseFile> {
    yujing_workbench::case::load(Path::new("rules/cases"))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn text_of(file: &Path) -> String {
    std::fs::read_to_string(file).expect("the file is readable")
}

/// What `yujing rules test` refuses before it runs anything.
fn slips(folder: &Path) -> String {
    let files = match yujing_workbench::case::load(folder) {
        Ok(files) => files,
        Err(problems) => return problems.render(false),
    };
    let sources = sources();
    let examples = Examples::load(Path::new("schemas"), &sources).expect("every source has a valid example");
    yujing_workbench::case::check(&files, &sources, &ruleset(&sources), &examples).render(false)
}

#[test]
fn no_case_has_a_slip() {
    assert_eq!(slips(Path::new("rules/cases")), "");
}

/// The same case file with one slip each: its code, what is said of it and where.
#[test]
fn slips_in_a_case_are_found() {
    let slips_and_messages = [
        ("event_id = \"a1\", class", "event_id = \"a1\", clas", "case/event", "did you mean `class`"),
        (
            "class = \"rodent\"",
            "class = \"rodnet\"",
            "case/event",
            "value that the schema of camera-alerts does not list",
        ),
        ("camera-alerts = {", "camera-alert = {", "case/unknown-source", "did you mean `camera-alerts`"),
        ("category = \"pests\"", "category = 7", "case/event", "wrong_type"),
        ("revision = 2, ", "", "case/event", "higher revision"),
        ("expect = { fired", "expect = { fird", "case/form", "did you mean `fired`"),
        ("lifecycle = \"opened\"", "lifecycle = \"open\"", "case/form", "`open` is no step of `lifecycle`"),
        ("level = \"orange\"", "level = \"amber\"", "case/form", "amber"),
        (
            "features = { rodent_episodes_7d",
            "features = { rodent_episode_7d",
            "case/unknown-feature",
            "did you mean `rodent_episodes_7d`",
        ),
        ("kind = [\"positive\"", "kind = [\"positiv\"", "case/form", "unknown value `positiv`"),
        (
            "rule = \"rodent_with_complaint\"",
            "rule = \"rodent_with_complaints\"",
            "case/unknown-rule",
            "did you mean `rodent_with_complaint`",
        ),
        ("2026-03-02T02:10:00+08:00", "2026-03-02T02:10:00", "case/form", "is not a date and time with an offset"),
        ("2026-03-02T02:10:00+08:00", "2026-03-05T02:10:00+08:00", "case/form", "go forward in time"),
        ("operator_id = \"JY21201030043213\"", "name = \"x\"", "case/form", "needs an `operator_id`"),
        ("{ at = 2026-03-02T02:10:00+08:00, camera-alerts", "{ camera-alerts", "case/form", "an entry needs `at`"),
        (
            "\n[[case]]\nname = \"the same at a school: red\"",
            "\n[[case]]\nname = \"an operator that the register does not know: orange all the same\"",
            "case/form",
            "two cases of this file",
        ),
    ];
    let text = text_of(Path::new("rules/cases/pests/rodent_with_complaint.toml"));
    for (from, to, code, message) in slips_and_messages {
        assert!(text.contains(from), "{from}");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("slip.toml"), text.replacen(from, to, 1)).expect("written");
        let found = slips(folder.path());
        assert!(found.contains(code) && found.contains(message), "{from} -> {to}: {found}");
        assert!(found.contains("slip.toml:"), "no place: {found}");
    }
}

#[test]
fn a_case_that_expects_nothing_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "rule = \"x\"\n[[case]]\nname = \"n\"\nkind = [\"positive\"]\noperator = { operator_id = \"A\" }\n\
                timeline = [{ at = 2026-03-02T02:10:00+08:00, camera-alerts = {} }]\n";
    std::fs::write(folder.path().join("empty.toml"), text).expect("written");
    let problems = yujing_workbench::case::load(folder.path()).expect_err("nothing is expected").render(false);
    assert!(problems.contains("case/form") && problems.contains("expects nothing"), "{problems}");
}

#[test]
fn every_rule_has_cases_of_all_four_kinds_that_show_what_they_say() {
    let sources = sources();
    let coverage = yujing_workbench::case::coverage(&cases(), &ruleset(&sources));
    let wanting = coverage.iter().filter(|rule| !rule.lacks.is_empty() || !rule.only_claimed.is_empty());
    let wanting: Vec<_> =
        wanting.map(|rule| format!("{}: {:?} {:?}", rule.rule, rule.lacks, rule.only_claimed)).collect();
    assert!(wanting.is_empty(), "{}", wanting.join("\n"));
    assert!(coverage.len() >= 24);
}

#[test]
fn only_law_that_was_read_is_confirmed() {
    let sources = sources();
    for rule in ruleset(&sources).rules.list() {
        for basis in &rule.metadata.basis {
            let read = CONFIRMED.contains(&(basis.law.as_str(), basis.article.as_str()));
            assert_eq!(basis.confirmed, read, "{}: {} {}", rule.metadata.id, basis.law, basis.article);
            let general = FROM_GENERAL_KNOWLEDGE.contains(&basis.law.as_str());
            assert!(!(general && basis.confirmed), "{}: {}", rule.metadata.id, basis.law);
        }
    }
    let ruleset = ruleset(&sources);
    let routing = ruleset.routing.as_ref().expect("posts");
    for basis in routing.copies.iter().flat_map(|copy| &copy.basis) {
        let read = CONFIRMED.contains(&(basis.law.as_str(), basis.article.as_str()));
        assert_eq!(basis.confirmed, read, "routing.toml: {} {}", basis.law, basis.article);
    }
}

#[test]
fn titles_and_actions_distinguish_rules_and_conclude_nothing() {
    let sources = sources();
    let ruleset = ruleset(&sources);
    let mut titles = BTreeSet::new();
    for rule in ruleset.rules.list() {
        let metadata = &rule.metadata;
        assert!(titles.insert(metadata.title.zh.clone()), "two rules have the title {}", metadata.title.zh);
        assert!(titles.insert(metadata.title.en.clone()), "two rules have the title {}", metadata.title.en);
        let text = text_of(&rule.file);
        for word in CONCLUSIONS {
            assert!(!text.contains(word), "{}: `{word}` concludes more than a warning may", metadata.id);
        }
    }
}

#[test]
fn every_feature_is_read_by_a_rule_or_the_policy() {
    let sources = sources();
    let ruleset = ruleset(&sources);
    let mut read: BTreeSet<usize> = ruleset.rules.list().iter().flat_map(|rule| rule.reads.iter().copied()).collect();
    read.insert(ruleset.base_feature);
    read.extend(ruleset.modifiers.reads());
    let texts: Vec<_> = ruleset.rules.list().iter().map(|rule| text_of(&rule.file)).collect();
    let unread: Vec<_> = ruleset
        .features
        .catalogue()
        .iter()
        .enumerate()
        .filter(|(place, _)| !read.contains(place))
        // A reason may show a feature that decides nothing.
        .filter(|(_, feature)| !texts.iter().any(|text| text.contains(&format!("op.{}", feature.name))))
        .map(|(_, feature)| feature.name.as_str())
        .collect();
    assert!(unread.is_empty(), "{unread:?}");
}

/// The claim of `ruleset.toml`: all families that one source feeds, on top of the highest base, stay below red.
#[test]
fn no_source_reaches_red_by_points_alone() {
    let sources = sources();
    let ruleset = ruleset(&sources);
    let catalogue = ruleset.features.catalogue();
    let mut families: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for rule in ruleset.rules.list() {
        let features = || rule.reads.iter().map(|read| &catalogue[*read]);
        let events: BTreeSet<&str> =
            features().filter(|feature| !feature.reference).map(|feature| feature.source.as_str()).collect();
        let all: BTreeSet<&str> = features().map(|feature| feature.source.as_str()).collect();
        if rule.metadata.family == "combined" {
            assert!(all.len() >= 2, "{} reads {all:?}", rule.metadata.id);
            continue;
        }
        // A rule that reads events of two sources is no matter of one alone; a reference source alone feeds one
        // without.
        let fed_by = if events.is_empty() { all } else { events };
        if let [source] = fed_by.into_iter().collect::<Vec<_>>()[..] {
            families.entry(source).or_default().insert(&rule.metadata.family);
        }
    }
    let policy = &ruleset.policy;
    let base = policy.base.points.values().copied().max().unwrap_or_default();
    let red = policy.thresholds.iter().map(|threshold| threshold.enter).max().unwrap_or_default();
    for (source, fed) in families {
        let caps: i64 = fed.iter().map(|family| policy.families[*family].cap).sum();
        assert!(base + caps < red, "{source}: {base} + {caps} by {fed:?}");
    }
}

#[test]
fn every_rule_file_lies_with_its_cases_under_the_same_name() {
    let sources = sources();
    let paths: BTreeSet<PathBuf> = cases().into_iter().map(|file| file.path).collect();
    for rule in ruleset(&sources).rules.list() {
        let below = rule.file.strip_prefix("rules").expect("below rules/").with_extension("toml");
        assert!(paths.contains(&Path::new("rules/cases").join(&below)), "no cases at rules/cases/{}", below.display());
    }
}

/// Posts and clocks that ship: each synthetic operator has a post near it, each ladder ends at the district, and every
/// kind of warning has a time.
#[test]
fn every_operator_of_the_synthetic_district_has_a_post_and_a_time() {
    let ruleset = ruleset(&sources());
    let (routing, handling) = (ruleset.routing.as_ref().expect("posts"), ruleset.handling.as_ref().expect("clocks"));
    let features = serde_json::from_value(serde_json::json!({})).expect("features");
    for operator in &District::generate(1, 2_000).operators {
        let facts = OperatorFacts { attributes: operator.document.as_object().cloned().expect("an object") };
        assert!(!routing.is_unrouted(&facts), "{}", operator.operator_id);
        for level in Level::ALL.into_iter().filter(|level| *level > Level::None) {
            let input = RoutingInput { facts: &facts, level, findings: &[], features: &features };
            let assignment = routing.assign(&input);
            let top = assignment.ladder.last().unwrap_or(&assignment.assignee);
            assert!(top.id == "district" && !assignment.unrouted, "{assignment:?}");
            let is_district = ["central_kitchen", "collective_catering"].contains(&operator.business_form);
            assert_eq!(assignment.assignee.id == "district", is_district, "{assignment:?}");
            assert!(handling.clocks(&input).acknowledge.is_some() && handling.rung(level).is_some());
        }
    }
}

/// The officer who looked is not the one who accepts what was found.
#[test]
fn who_answers_is_not_who_reviews() {
    let ruleset = ruleset(&sources());
    let handling = ruleset.handling.as_ref().expect("clocks");
    for role in ["grid_officer", "community_officer", "officer"] {
        assert!(handling.permits(role, HandlingAction::Answered), "{role}");
        for action in [HandlingAction::Reviewed, HandlingAction::Closed, HandlingAction::ExtensionGranted] {
            assert!(!handling.permits(role, action), "{role} {action:?}");
        }
    }
    assert!(handling.permits(&handling.version_1_role, HandlingAction::Answered));
}
