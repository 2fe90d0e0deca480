//! The question that the ruleset was made for, asked of the months that it was not made on; and how much of the answer
//! is about kitchens, and how much about who inspects them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use super::super::{ExampleCopy, compare, data, fenced, rows_of};

/// One routine inspection with what somebody thought of it before.
struct Look<'a> {
    inspector: &'a str,
    critical: bool,
    /// Whatever orders: a score, a share.
    by: f64,
}

/// A row of `inspections.csv`.
struct Inspection {
    license: String,
    day: jiff::civil::Date,
    inspector: String,
    critical: bool,
}

#[test]
fn the_judged_months_come_out_as_the_guides_say() {
    let Some(data) = data() else { return };
    let copy = ExampleCopy::new(&data);
    std::os::unix::fs::symlink(data.canonicalize().expect("it is there"), copy.example().join("data")).expect("linked");
    let said = copy.run(env!("CARGO_BIN_EXE_yujing"), &["replay", "replay.toml", "--lang", "en", "--out", "report"]);
    let begin = said.find("A routine inspection found").unwrap_or_else(|| panic!("no judgement in\n{said}"));
    compare("README.md", "judged", &fenced(&said[begin..]));
    let report = copy.example().join("report");
    compare("README.zh-CN.md", "judged", &orders_in_chinese(&report.join("quality.csv")));

    let judged = scored(&report.join("outcomes.csv"));
    let inspections = inspections(&data);
    let scores: HashMap<(&str, &str), f64> =
        judged.iter().map(|(license, day, score)| ((license.as_str(), day.as_str()), *score)).collect();
    let with = |by: &dyn Fn(&Inspection) -> Option<f64>, from: &str, to: &str| -> Vec<Look<'_>> {
        inspections
            .iter()
            .filter(|row| (from..=to).contains(&row.day.to_string().as_str()) && !row.inspector.is_empty())
            .filter_map(|row| Some(Look { inspector: &row.inspector, critical: row.critical, by: by(row)? }))
            .collect()
    };
    let score = |row: &Inspection| scores.get(&(row.license.as_str(), row.day.to_string().as_str())).copied();
    let strictness = strictness(&inspections, "2014-03-01");
    let inspector = |row: &Inspection| strictness.get(row.inspector.as_str()).copied();
    let area = area(&data, &inspections);
    let zip = |row: &Inspection| area.get(&(row.license.clone(), row.day)).copied();
    let lines = [
        ("score of the evening before", "前一晚的风险分", with(&score, "2014-03-01", "2014-08-31")),
        (
            "who inspects: the inspector's share before March",
            "检查人员：三月以前的查出比例",
            with(&inspector, "2014-03-01", "2014-08-31"),
        ),
        (
            "the ZIP code's share in the 60 days before; earlier part",
            "邮编区此前60日的查出比例（前期数据）",
            with(&zip, "2013-09-01", "2014-02-28"),
        ),
    ];
    for (guide, header, chinese) in [
        ("README.md", "| ordered by | all inspections | same inspector |\n|---|---|---|\n", false),
        ("README.zh-CN.md", "| 排序依据 | 全部检查 | 同一检查人员 |\n|---|---|---|\n", true),
    ] {
        let mut table = header.to_owned();
        for (english, zh, looks) in &lines {
            let name = if chinese { zh } else { english };
            writeln!(table, "| {name} | {:.3} | {:.3} |", roc(looks, false), roc(looks, true)).expect("memory");
        }
        compare(guide, "inspectors", &table);
    }
}

/// The chance that an inspection with critical violations stands before one without; among those of the same inspector.
fn roc(looks: &[Look<'_>], same_inspector: bool) -> f64 {
    let mut groups: BTreeMap<&str, Vec<(f64, bool)>> = BTreeMap::new();
    for look in looks {
        let group = if same_inspector { look.inspector } else { "" };
        groups.entry(group).or_default().push((look.by, look.critical));
    }
    let (mut before, mut pairs) = (0.0, 0.0);
    for group in groups.values_mut() {
        group.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut clean, mut critical) = (0.0, 0.0);
        for equals in group.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            let count = |wanted| equals.iter().filter(|(_, found)| *found == wanted).map(|_| 1.0).sum::<f64>();
            before += count(true) * (clean + count(false) / 2.0);
            clean += count(false);
            critical += count(true);
        }
        pairs += clean * critical;
    }
    before / pairs
}

fn inspections(data: &Path) -> Vec<Inspection> {
    let parse = |row: &String| {
        let fields: Vec<&str> = row.split(',').collect();
        Inspection {
            license: fields[1].to_owned(),
            day: fields[2].parse().expect("a day"),
            inspector: fields[3].to_owned(),
            critical: fields[5] != "0",
        }
    };
    rows_of(&data.join("inspections.csv")).iter().map(parse).collect()
}

/// Each inspector's share of inspections with critical violations before a day.
fn strictness(inspections: &[Inspection], before: &str) -> HashMap<String, f64> {
    let mut counts: HashMap<String, (f64, f64)> = HashMap::new();
    for row in inspections.iter().filter(|row| row.day.to_string().as_str() < before) {
        let (critical, all) = counts.entry(row.inspector.clone()).or_default();
        *critical += f64::from(u8::from(row.critical));
        *all += 1.0;
    }
    counts.into_iter().map(|(inspector, (critical, all))| (inspector, critical / all)).collect()
}

/// For each inspection, the share with critical violations among those of its ZIP code in the 60 days before, drawn to
/// the usual eighth as if twenty more had been seen.
fn area(data: &Path, inspections: &[Inspection]) -> HashMap<(String, jiff::civil::Date), f64> {
    let zips: HashMap<String, String> = rows_of(&data.join("operators.csv"))
        .iter()
        .filter_map(|row| {
            let license = row.split(',').next()?.to_owned();
            Some((license, row.rsplit(',').nth(2)?.to_owned()))
        })
        .collect();
    let mut by_zip: HashMap<&str, Vec<&Inspection>> = HashMap::new();
    for row in inspections {
        if let Some(zip) = zips.get(&row.license).filter(|zip| !zip.is_empty()) {
            by_zip.entry(zip).or_default().push(row);
        }
    }
    let share = |row: &Inspection, of_zip: &[&Inspection]| {
        let from = row.day.checked_sub(jiff::Span::new().days(60)).expect("a day");
        let before = of_zip.iter().filter(|other| (from..row.day).contains(&other.day));
        let (critical, all) =
            before.fold((0.0, 0.0), |(critical, all), row| (critical + f64::from(u8::from(row.critical)), all + 1.0));
        (critical + 20.0 * 0.125) / (all + 20.0)
    };
    by_zip.values().flat_map(|rows| rows.iter().map(|row| ((row.license.clone(), row.day), share(row, rows)))).collect()
}

/// Licence, day and score of each judged row.
fn scored(file: &Path) -> Vec<(String, String, f64)> {
    let text = std::fs::read_to_string(file).expect("the report is there");
    let header: Vec<&str> = text.lines().next().expect("a header").split(',').collect();
    let place = |name: &str| header.iter().position(|column| column.ends_with(name)).expect("the column is there");
    let (license, day, score) = (place("operator_id"), place("day"), place("score rules"));
    let parse = |row: &str| {
        let fields: Vec<&str> = row.split(',').collect();
        (fields[license].to_owned(), fields[day].to_owned(), fields[score].parse().expect("a number"))
    };
    text.lines().skip(1).map(parse).collect()
}

/// The orders with their figures and intervals, as a table for the Chinese guide.
fn orders_in_chinese(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("the report is there");
    let figures: BTreeMap<(&str, &str), [f64; 3]> = text
        .lines()
        .skip(1)
        .filter_map(|row| {
            let fields: Vec<&str> = row.split(',').collect();
            let [order, "evening", figure, value, low, high] = fields[..] else { return None };
            Some(((order, figure), [value, low, high].map(|number| number.parse().expect("a number"))))
        })
        .collect();
    let show = |order, figure, factor: f64, digits: usize| {
        figures.get(&(order, figure)).map_or_else(
            || "—".to_owned(),
            |[value, low, high]| {
                let [value, low, high] = [value, low, high].map(|number| format!("{:.digits$}", number * factor));
                format!("{value} [{low}, {high}]")
            },
        )
    };
    let mut table = "| 排序依据 | ROC 面积 | 前一半时间内查出（%） | 提前天数 |\n|---|---|---|---|\n".to_owned();
    for (order, name) in [
        ("ruleset rules", "本规则集"),
        ("smoothed history", "平滑后的历次结果"),
        ("last result", "最近一次结果"),
        ("random order", "随机"),
        ("order really used", "实际次序"),
    ] {
        let cells =
            [show(order, "roc_area", 1.0, 3), show(order, "first_half", 100.0, 1), show(order, "days_earlier", 1.0, 1)];
        writeln!(table, "| {name} | {} |", cells.join(" | ")).expect("memory");
    }
    table
}
