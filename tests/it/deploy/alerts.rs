//! The alerts: accepted and run by the real promtool, of one form, tested both ways, and about metrics that there are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;
use yujing_telemetry::Metrics;

use super::{folder, list, text, word, yaml};

const ALERTS: &str = "prometheus/alerts.yml";
const GUIDES: [&str; 2] = ["README.md", "README.zh-CN.md"];

pub(super) fn alerts() -> Vec<Value> {
    let document = yaml(ALERTS);
    let alerts: Vec<Value> =
        list(&document["groups"]).iter().flat_map(|group| list(&group["rules"])).cloned().collect();
    assert!(alerts.len() >= 15, "{document}");
    alerts
}

/// Every file with cases, by name.
fn case_files() -> Vec<String> {
    let folder = folder().join("prometheus/tests");
    let names = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    names.map(|name| format!("tests/{}", name.to_str().expect("UTF-8"))).collect()
}

#[test]
fn every_alert_has_a_case_that_fires_and_one_that_does_not() {
    let mut found: BTreeMap<String, [bool; 2]> = BTreeMap::new();
    for file in case_files() {
        let document = yaml(&format!("prometheus/{file}"));
        for case in list(&document["tests"]) {
            assert!(!word(&case["name"]).is_empty(), "a case without a name in {file}");
            for expectation in list(&case["alert_rule_test"]) {
                let fires = !list(&expectation["exp_alerts"]).is_empty();
                found.entry(word(&expectation["alertname"]).to_owned()).or_default()[usize::from(fires)] = true;
            }
        }
    }
    let names: BTreeSet<String> = alerts().iter().map(|alert| word(&alert["alert"]).to_owned()).collect();
    let complete = names.iter().map(|name| (name.clone(), [true, true])).collect();
    assert_eq!(found, complete, "per alert: a quiet case, a firing one");
}

#[test]
fn alerts_have_one_form_and_a_runbook_in_both_languages() {
    let name_form = Regex::new("^Yujing([A-Z][a-z]+)+$").expect("a pattern");
    let chinese = Regex::new(r"\p{Han}").expect("a pattern");
    let keys = ["description", "description_en", "runbook_url", "runbook_url_en", "summary", "summary_en"];
    let guides = GUIDES.map(text);
    for alert in alerts() {
        let name = word(&alert["alert"]);
        assert!(name_form.is_match(name), "{name}");
        let severity = word(&alert["labels"]["severity"]);
        assert!(["critical", "warning", "info"].contains(&severity), "{name}: {severity}");
        let annotations = &alert["annotations"];
        let found: BTreeSet<&str> = annotations.as_object().expect("a table").keys().map(String::as_str).collect();
        assert_eq!(found, keys.into(), "{name}");
        for key in keys {
            let value = word(&annotations[key]);
            assert_eq!(value.contains("{{"), key.starts_with("description"), "{name} {key}: {value}");
            let expected = !key.ends_with("_en") && !key.starts_with("runbook");
            assert_eq!(chinese.is_match(value), expected, "{name} {key}: {value}");
        }
        let anchor = name.to_lowercase();
        assert_eq!(annotations["runbook_url_en"], format!("deploy/README.md#{anchor}"));
        assert_eq!(annotations["runbook_url"], format!("deploy/README.zh-CN.md#{anchor}"));
        for (guide, file) in guides.iter().zip(GUIDES) {
            let heading = format!("\n### {name}\n\n`{severity}` ");
            assert_eq!(
                guide.matches(&heading).count(),
                1,
                "{file} has no runbook of {name} that begins with `{severity}`"
            );
        }
    }
}

#[test]
fn a_runbook_without_an_alert_is_left_over() {
    let names: BTreeSet<String> = alerts().iter().map(|alert| word(&alert["alert"]).to_owned()).collect();
    let heading = Regex::new(r"(?m)^### (Yujing\w+)$").expect("a pattern");
    for file in GUIDES {
        let reported: BTreeSet<String> = heading.captures_iter(&text(file)).map(|found| found[1].to_owned()).collect();
        assert_eq!(reported, names, "{file}");
    }
}

/// Metrics that are scraped, with their labels: the program's own, those of its process, and Prometheus' own.
fn known() -> BTreeMap<String, BTreeSet<String>> {
    let metrics = Metrics::new();
    let mut known = BTreeMap::from([("up".to_owned(), BTreeSet::new())]);
    for declared in metrics.declared() {
        let parts: &[&str] = if declared.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        for part in parts {
            known.insert(format!("{}{part}", declared.name), declared.labels.iter().cloned().collect());
        }
    }
    let scraped = metrics.render(Timestamp::now()).expect("it renders");
    let process = scraped.lines().filter_map(|line| line.split_once(' ')).map(|(name, _)| name);
    known.extend(process.filter(|name| name.starts_with("process_")).map(|name| (name.to_owned(), BTreeSet::new())));
    known
}

#[test]
fn alerts_name_only_metrics_and_labels_that_there_are() {
    let known = known();
    let metric = Regex::new(r"\b(yujing_\w+|process_\w+|up\b)(\{[^}]*\})?").expect("a pattern");
    let matcher = Regex::new(r#"(\w+)\s*(?:=|!=|=~|!~)\s*""#).expect("a pattern");
    let grouping = Regex::new(r"\b(?:by|on|ignoring|without|group_left)\s*\(([^)]*)\)").expect("a pattern");
    let scrape = ["instance", "job"].map(str::to_owned);
    for alert in alerts() {
        let (name, expression) = (word(&alert["alert"]), word(&alert["expr"]));
        let mut labels: BTreeSet<String> = scrape.clone().into();
        let mut metrics = 0;
        for found in metric.captures_iter(expression) {
            let has = known.get(&found[1]).unwrap_or_else(|| panic!("{name}: there is no metric {}", &found[1]));
            for label in matcher.captures_iter(found.get(2).map_or("", |selector| selector.as_str())) {
                assert!(has.contains(&label[1]) || scrape.contains(&label[1].to_owned()), "{name}: {}", &label[0]);
            }
            labels.extend(has.iter().cloned());
            metrics += 1;
        }
        assert!(metrics > 0, "{name} is about nothing");
        for group in grouping.captures_iter(expression) {
            for label in group[1].split(',').map(str::trim).filter(|label| !label.is_empty()) {
                assert!(labels.contains(label), "{name}: no metric of it has the label {label}");
            }
        }
    }
}

#[test]
fn guides_and_cases_name_only_metrics_that_there_are() {
    let known = known();
    let metric = Regex::new(r"\byujing_[a-z_]+\b").expect("a pattern");
    let cases = case_files().into_iter().map(|file| format!("prometheus/{file}"));
    for file in GUIDES.map(str::to_owned).into_iter().chain(cases) {
        for found in metric.find_iter(&text(&file)) {
            // Commands also name several at once, by what they begin with.
            let several = format!("{}_", found.as_str().trim_end_matches('_'));
            let there = known.keys().any(|name| name == found.as_str() || name.starts_with(&several));
            assert!(there, "{file}: there is no metric {}", found.as_str());
        }
    }
}

mod with_prometheus {
    use super::super::folder;
    use super::case_files;
    use crate::support::tool::call;

    fn promtool(arguments: &[&str]) {
        let (content, said) = call("promtool", arguments, &folder().join("prometheus"), "");
        assert!(content, "{said}");
    }

    #[test]
    fn promtool_accepts_the_configuration_and_the_alerts() {
        promtool(&["check", "config", "prometheus.yml"]);
        promtool(&["check", "rules", "--lint-fatal", "alerts.yml"]);
    }

    #[test]
    fn promtool_finds_every_case_as_expected() {
        let files = case_files();
        let arguments: Vec<&str> = ["test", "rules"].into_iter().chain(files.iter().map(String::as_str)).collect();
        promtool(&arguments);
    }
}
