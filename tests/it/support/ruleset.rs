//! A small ruleset over the published schemas: one rule about complaints.

use std::path::Path;

use tempfile::TempDir;

const POLICY: &str = r#"
open_at = "blue"
dwell = "24h"
[levels]
blue   = { enter = 20, leave = 15 }
yellow = { enter = 40, leave = 35 }
orange = { enter = 60, leave = 55 }
red    = { enter = 80, leave = 75 }
[base]
feature = "static_risk"
points = { "1" = 0 }
otherwise = 0
[families.complaints]
title = { zh = "投诉举报", en = "Complaints" }
cap = 100
"#;

const OPERATORS: &str = "SELECT operator_id,
  -- @zh 静态风险类别
  -- @en Static risk tier
  -- @missing unknown
  CAST(max(static_risk) AS VARCHAR) AS static_risk
FROM operators GROUP BY operator_id
";

const COMPLAINTS: &str = "SELECT operator_id,
  -- @zh 近30日投诉举报件数
  -- @en Complaints, 30 days
  -- @missing 0
  count(*) FILTER (WHERE within(occurred_at, INTERVAL '30 days')) AS complaints_30d
FROM complaints GROUP BY operator_id
";

const MANY: &str = r#"//! id       = "many_complaints"
//! title    = { zh = "投诉举报集中", en = "Many complaints" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "现场核查", en = "Visit" }
//! deadline = "24h"

fn when(op)    { op.complaints_30d >= 3 }
fn points(op)  { if op.complaints_30d >= 6 { 65 } else { 25 } }
fn because(op) { #{
    zh: `近30日投诉举报${op.complaints_30d}件。`,
    en: `Complaints in 30 days: ${op.complaints_30d}.` } }
"#;

/// The ruleset in a folder of its own, with further files or others instead.
pub fn small_ruleset(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write_small_ruleset(folder.path(), files);
    folder
}

/// On days from which the calendar of a folder ends nobody says so: what is found there is the same on any day.
pub fn allow_end_of_calendar(rules: &Path) {
    let calendar = rules.join("calendar.toml");
    let text = std::fs::read_to_string(&calendar).expect("a calendar");
    let last = text.rfind("[[year]]").expect("a year");
    let (before, year) = text.split_at(last);
    let allowed = format!("{before}# allow calendar/ends: 待国务院办公厅通知\n{year}");
    std::fs::write(calendar, allowed).expect("written");
}

/// The same below a folder.
pub fn write_small_ruleset(folder: &Path, files: &[(&str, &str)]) {
    let calendar = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/calendar.toml");
    let calendar = std::fs::read_to_string(calendar).expect("the starter rules have a calendar");
    let usual = [
        ("ruleset.toml", POLICY),
        ("calendar.toml", calendar.as_str()),
        ("features/operators.sql", OPERATORS),
        ("features/complaints.sql", COMPLAINTS),
        ("complaints/many_complaints.rhai", MANY),
    ];
    for (name, text) in usual.iter().chain(files) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }
}
