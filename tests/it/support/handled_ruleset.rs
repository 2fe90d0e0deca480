//! A small ruleset whose warnings somebody must answer: one rule that is red, a modifier for hosts of
//! events, posts, clocks and roles.

use tempfile::TempDir;

use super::ruleset::small_ruleset;

/// Three complaints of pests are red.
const RED: &str = r#"//! id       = "pests"
//! title    = { zh = "虫鼠集中", en = "Pests" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "现场核查", en = "Visit" }
//! deadline = "24h"

fn when(op)    { op.complaints_30d >= 3 }
fn points(op)  { 10 }
fn level(op)   { "red" }
fn because(op) { #{ zh: `${op.complaints_30d}件`, en: `${op.complaints_30d}` } }
"#;

const DISPOSITIONS: &str = "SELECT operator_id,
  -- @zh 近30日处置反馈条数
  -- @en Dispositions, 30 days
  -- @missing 0
  count(*) FILTER (WHERE within(occurred_at, INTERVAL '30 days')) AS dispositions_30d
FROM dispositions GROUP BY operator_id
";

/// Reads the dispositions, so that scores show which of them are kept.
const ANSWERED: &str = r#"//! id       = "answered"
//! title    = { zh = "已有反馈", en = "Answered" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "无", en = "None" }
//! deadline = "24h"

fn when(op)    { op.dispositions_30d >= 1 }
fn points(op)  { 1 }
fn because(op) { #{ zh: `${op.dispositions_30d}条`, en: `${op.dispositions_30d}` } }
"#;

const EVENTS: &str = "SELECT operator_id,
  -- @zh 是否承接重大活动
  -- @en Whether it hosts an event
  -- @missing 0
  count(*) > 0 AS hosts_event
FROM events GROUP BY operator_id
";

const MODIFIERS: &str = r#"
[[modifier]]
id = "hosts"
kind = "event"
title = { zh = "重大活动承接单位", en = "host of an event" }
when = { hosts_event = true }
clocks = "50%"
basis = [{ law = "食品安全法", article = "第五十七条", confirmed = false }]
"#;

const HANDLING: &str = r#"
dispute = "720h"
version_1_role = "officer"
[levels]
blue = { acknowledge = "2wd", rung = "2wd" }
yellow = { acknowledge = "1wd", rung = "1wd" }
orange = { acknowledge = "2h", rung = "4h" }
red = { acknowledge = "15m", rung = "30m" }
[actions]
acknowledged = ["grid_officer", "officer"]
in_progress = ["grid_officer", "officer"]
answered = ["grid_officer", "officer"]
reviewed = ["head"]
closed = ["head"]
extension_asked = ["grid_officer", "officer"]
extension_granted = ["head"]
extension_refused = ["head"]
transferred = ["officer", "head"]
returned = ["head"]
reopened = ["head"]
"#;

/// Grid, station, district.
pub const ROUTING: &str = r#"
default = "district"
[roles]
grid_officer = { zh = "网格员", en = "Grid officer" }
officer = { zh = "执法人员", en = "Officer" }
head = { zh = "负责人", en = "Head" }
[posts.grid]
title = { zh = "网格员岗（{area}）", en = "Grid officer, {area}" }
each = ["grid"]
roles = ["grid_officer"]
above = "station"
[posts.station]
title = { zh = "{area}市场监管所", en = "Station of {area}" }
each = ["sub_district"]
roles = ["officer", "head"]
above = "district"
[posts.district]
title = { zh = "区市场监管局", en = "District office" }
roles = ["officer", "head"]
[[route]]
start = "grid"
"#;

const PAST: &str = "SELECT operator_id,
  -- @zh 近一年预警件数
  -- @en Warnings within a year
  -- @missing 0
  count(*) FILTER (WHERE within(closed_at, INTERVAL '365 days')) AS warnings_365d,
  -- @zh 近一年属实的红色预警件数
  -- @en Confirmed red warnings within a year
  -- @missing 0
  count(*) FILTER (
    WHERE level = 'red' AND verdict = 'confirmed' AND within(closed_at, INTERVAL '365 days')) AS confirmed_red_365d,
  -- @zh 近一年超期的预警件数
  -- @en Overdue warnings within a year
  -- @missing 0
  count(*) FILTER (WHERE overdue AND within(closed_at, INTERVAL '365 days')) AS overdue_365d
FROM past_warnings GROUP BY operator_id
";

/// A complaint after a warning is worse than another one.
const AGAIN: &str = r#"//! id       = "again"
//! title    = { zh = "预警后再次发生", en = "Again after a warning" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "现场核查", en = "Visit" }
//! deadline = "24h"

fn when(op)    { op.complaints_30d >= 1 && op.warnings_365d >= 1 }
fn points(op)  { 10 + op.confirmed_red_365d + op.overdue_365d }
fn level(op)   { "yellow" }
fn because(op) { #{ zh: `${op.warnings_365d}件`, en: `${op.warnings_365d}` } }
"#;

/// Files for [`handled_ruleset_with`]: a rule that reads warnings that are over.
pub const READS_THE_PAST: [(&str, &str); 2] = [("features/past_warnings.sql", PAST), ("complaints/again.rhai", AGAIN)];

/// The ruleset in a folder of its own.
pub fn handled_ruleset() -> TempDir {
    handled_ruleset_with(&[])
}

/// As [`handled_ruleset`], with further files.
pub fn handled_ruleset_with(more: &[(&str, &str)]) -> TempDir {
    let files = [
        ("complaints/pests.rhai", RED),
        ("complaints/answered.rhai", ANSWERED),
        ("features/dispositions.sql", DISPOSITIONS),
        ("features/events.sql", EVENTS),
        ("modifiers.toml", MODIFIERS),
        ("handling.toml", HANDLING),
        ("routing.toml", ROUTING),
    ];
    let folder = small_ruleset(&[&files, more].concat());
    std::fs::remove_file(folder.path().join("complaints/many_complaints.rhai")).expect("there was another rule");
    folder
}
