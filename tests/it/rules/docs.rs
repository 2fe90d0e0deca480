//! `yujing rules docs`: the committed catalogues are those of the rules, and the page works in a real browser.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::folder::copy_folder;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn docs(arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_yujing"));
    command.current_dir(repository()).env_clear().args(["rules", "docs", "--lang", "en"]).args(arguments).assert()
}

fn committed(name: &str) -> String {
    fs::read_to_string(repository().join("rules/docs").join(name)).expect("the committed file")
}

#[test]
fn the_committed_catalogues_are_those_of_the_rules() {
    docs(&["--check"]).success();
}

#[test]
fn a_checkout_with_windows_line_ends_is_the_same_ruleset_and_its_catalogues_are_not_stale() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("rules");
    copy_folder(&repository().join("rules"), &rules);
    let mut waiting = vec![rules.clone()];
    while let Some(below) = waiting.pop() {
        for entry in fs::read_dir(below).expect("readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_none_or(|extension| extension != "png") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                fs::write(&path, text.replace("\r\n", "\n").replace('\n', "\r\n")).expect("written");
            }
        }
    }
    docs(&["--rules", rules.to_str().expect("a path in UTF-8"), "--check"]).success();
    let rule = rules.join("pests/rodent_sighted.rhai");
    fs::write(&rule, fs::read_to_string(&rule).expect("a rule") + "// one more line\r\n").expect("written");
    docs(&["--rules", rules.to_str().expect("a path in UTF-8"), "--check"]).code(1);
}

#[test]
fn stale_catalogues_are_found_named_and_written_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("docs");
    let out = out.to_str().expect("a path in UTF-8");
    docs(&["--out", out, "--check"]).code(1);
    docs(&["--out", out]).success();
    docs(&["--out", out, "--check"]).success();
    fs::write(folder.path().join("docs/rules.md"), "by hand").expect("written");
    let stale = docs(&["--out", out, "--check"]).code(1);
    let said = String::from_utf8_lossy(&stale.get_output().stderr).into_owned();
    assert!(said.contains("rules.md") && !said.contains("features.md") && said.contains("yujing rules docs"), "{said}");
    let again = docs(&["--out", out]).success();
    assert!(String::from_utf8_lossy(&again.get_output().stdout).contains("1 of them written anew"));
}

#[test]
fn the_catalogue_says_who_reads_what_and_what_sets_a_level() {
    let catalogue: Value = serde_json::from_str(&committed("catalogue.json")).expect("JSON");
    let find = |list: &str, key: &str, name: &str| -> Value {
        let entries = catalogue[list].as_array().expect("a list");
        entries.iter().find(|entry| entry[key] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let rule = find("rules", "id", "rodent_with_complaint");
    let names = |value: &Value| -> Vec<String> {
        let items = value.as_array().expect("a list");
        items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut reads = names(&rule["reads"]);
    reads.sort_unstable();
    assert_eq!(reads, ["pest_complaints_7d", "rodent_episodes_7d"]);
    let levels: Vec<&str> =
        rule["levels"].as_array().expect("a list").iter().filter_map(|level| level["level"].as_str()).collect();
    assert_eq!(levels, ["orange"]);
    assert_eq!(rule["deadline_title"]["zh"], "24小时");
    assert!(rule["cases"]["retraction"].as_u64() >= Some(1), "{rule}");
    let feature = find("features", "name", "rodent_episodes_7d");
    assert!(names(&feature["read_by"]).contains(&"rodent_with_complaint".to_owned()));
    assert!(feature["sql"].as_str().is_some_and(|sql| sql.starts_with("episodes(")), "{feature}");
    assert_eq!((&feature["type"], &feature["missing"]), (&"int".into(), &"unknown".into()));
    let source = find("sources", "name", "camera-alerts");
    let columns = source["columns"].as_array().expect("columns");
    assert!(columns.iter().any(|column| column["name"] == "confidence" && column["type"] == "DOUBLE"), "{source}");
    assert_eq!(find("families", "id", "pests")["cap"], 40);
    assert_eq!(find("codes", "name", "case/event")["severity"], "error");
}

#[test]
fn every_rule_and_feature_stands_in_the_markdown_of_both_languages() {
    let catalogue: Value = serde_json::from_str(&committed("catalogue.json")).expect("JSON");
    for (lang, end) in [("en", ".md"), ("zh", ".zh-CN.md")] {
        for (list, key, file) in [("rules", "id", "rules"), ("features", "name", "features")] {
            let text = committed(&format!("{file}{end}"));
            for entry in catalogue[list].as_array().expect("a list") {
                let (name, title) =
                    (entry[key].as_str().expect("a name"), entry["title"][lang].as_str().expect("a title"));
                let row = |line: &&str| line.starts_with(&format!("| [`{name}`](../")) && line.contains(title);
                assert_eq!(text.lines().filter(row).count(), 1, "{file}{end}: {name}");
            }
            for link in text.split("](../").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
                assert!(repository().join("rules").join(link).exists(), "{file}{end} links to {link}");
            }
        }
    }
}

#[test]
fn the_page_asks_for_nothing_from_elsewhere() {
    let page = committed("index.html");
    assert!(page.contains("Content-Security-Policy\" content=\"default-src 'none'"), "no policy");
    for outside in ["src=\"", "href=\"http", "url(", "@import", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

mod with_browser {
    use serde_json::Value;

    use super::{committed, repository};
    use crate::support::browser::dom;

    /// The page as the browser has made it, for an address ending in `#fragment`.
    fn rendered(fragment: &str) -> String {
        dom(&repository().join("rules/docs/index.html"), fragment)
    }

    /// The ids of the entries that the search leaves.
    fn visible(dom: &str) -> Vec<&str> {
        let entries = dom.split("<article ").skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
        let shown = entries.filter(|tag| !tag.contains(" hidden"));
        shown.filter_map(|tag| tag.split_once("id=\"")?.1.split('"').next()).collect()
    }

    #[test]
    fn the_page_searches_and_speaks_both_languages_in_a_browser() {
        let catalogue: Value = serde_json::from_str(&committed("catalogue.json")).expect("JSON");
        let length = |list: &str| catalogue[list].as_array().expect("a list").len();
        let all = rendered("");
        assert!(all.contains("<html lang=\"zh-CN\" data-lang=\"zh\""));
        assert_eq!(visible(&all).len(), length("rules") + length("features"));
        assert!(all.contains(&format!("规则{}条，指标{}项", length("rules"), length("features"))), "no count");

        let found = rendered("lang=en&q=rodent%20complaint");
        assert!(found.contains("<html lang=\"en\" data-lang=\"en\""));
        assert!(found.contains("<title>Rules and features</title>"));
        let ids = visible(&found);
        assert!(ids.contains(&"rule-rodent_with_complaint") && ids.len() < 12, "{ids:?}");
        let rules = ids.iter().filter(|id| id.starts_with("rule-")).count();
        assert!(found.contains(&format!("{rules} rule")), "{rules}");

        // 用中文查找，也按条文查找。
        let ids = rendered("q=%E9%BC%A0%E7%B1%BB");
        assert!(visible(&ids).contains(&"rule-rodent_sighted"));
        assert_eq!(visible(&rendered("q=no-such-word")).len(), 0);
        let codes = rendered("q=rule%2Fcoalesce");
        assert!(
            codes.contains("<tr id=\"code-rule/coalesce\" data-kind=\"code\" data-words=")
                && visible(&codes).is_empty()
        );
        // A link to an entry opens the page at it, with everything shown.
        assert_eq!(visible(&rendered("rule-rodent_sighted")).len(), length("rules") + length("features"));
    }
}
