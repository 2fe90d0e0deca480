//! The report's lists as CSV, for spreadsheets, in one language.

use csv::Result;
use jiff::Timestamp;
use yujing_base::language::{Bilingual, Language};
use yujing_core::rule::Level;
use yujing_core::warning::handling::{Clock, HandlingState, Verdict};
use yujing_workbench::page::spreadsheet::Spreadsheet;

use super::MonthlyReport;
use super::chart::percent;
use super::figures::areas::AreaFigures;
use super::figures::count::LevelCounts;
use super::figures::posts::PostFigures;
use super::figures::rules::RuleFigures;
use super::figures::visits::VisitFigures;
use super::life::WarningLife;
use super::month::Month;

/// A file of the report.
#[derive(Debug)]
pub struct TableFile {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// Every list of the report.
///
/// # Errors
/// If a row has other cells than its header, which is a defect of the program.
pub fn files(report: &MonthlyReport, language: Language) -> Result<Vec<TableFile>> {
    let tables = [
        ("levels.csv", levels(report, language)?),
        ("warnings.csv", warnings(&report.lives, &report.month, language)?),
        ("posts.csv", posts(&report.posts, language)?),
        ("rules.csv", rules(&report.rules.rules, language)?),
        ("areas.csv", areas(&report.areas, language)?),
        ("visits.csv", visits(&report.visits, language)?),
    ];
    tables.into_iter().map(|(name, table)| Ok(TableFile { name, bytes: table.into_bytes()? })).collect()
}

/// A table with its header.
fn headed<const N: usize>(language: Language, zh: [&'static str; N], en: [&'static str; N]) -> Result<Spreadsheet> {
    let mut table = Spreadsheet::new();
    table.write_record(language.pick_all(zh, en))?;
    Ok(table)
}

fn levels(report: &MonthlyReport, language: Language) -> Result<Spreadsheet> {
    let zh = ["项目", "红色", "橙色", "黄色", "蓝色", "合计"];
    let mut table = headed(language, zh, ["figure", "red", "orange", "yellow", "blue", "all"])?;
    let figures = &report.warnings;
    let rows = [
        (Bilingual::new("上月结转", "carried in"), figures.carried),
        (Bilingual::new("本月发布", "opened"), figures.opened),
        (Bilingual::new("期末未解除：本月发布", "open at the end: opened in the month"), figures.open_of_month),
        (Bilingual::new("期末未解除：以前月份发布", "open at the end: from earlier months"), figures.open_of_before),
        (Bilingual::new("期末未解除合计", "open at the end"), figures.open),
    ];
    let steps = report.steps.iter().map(|row| {
        let Bilingual { zh, en } = &row.words;
        (Bilingual::new(format!("事项：{zh}（次）"), format!("step: {en}")), row.levels)
    });
    for (words, counts) in rows.into_iter().chain(steps) {
        let LevelCounts { red, orange, yellow, blue, all } = counts;
        let cells = [red, orange, yellow, blue, all].map(|count| count.to_string());
        table.write_record([language.of(&words).to_owned()].iter().chain(&cells))?;
    }
    Ok(table)
}

/// The warnings that were opened in the month, or open in it.
fn warnings(lives: &[WarningLife], month: &Month, language: Language) -> Result<Spreadsheet> {
    let zh = [
        "预警编号",
        "监管对象编号",
        "名称",
        "街道",
        "社区",
        "发布时间",
        "上月结转",
        "最高等级",
        "期末等级",
        "结束时间",
        "结束方式",
        "处置状态",
        "签收时效",
        "处置时效",
        "反馈时间",
        "核查结论",
        "处置措施",
    ];
    let en = [
        "warning_id",
        "operator_id",
        "name",
        "sub_district",
        "community",
        "opened_at",
        "carried_in",
        "highest",
        "level",
        "ended_at",
        "ended_by",
        "state",
        "acknowledged",
        "answered",
        "answered_at",
        "verdict",
        "measures",
    ];
    let mut table = headed(language, zh, en)?;
    for life in lives {
        table.write_record(warning(life, month, language))?;
    }
    Ok(table)
}

/// The cells of a warning.
fn warning(life: &WarningLife, month: &Month, language: Language) -> [String; 17] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let clock = |at: Option<Timestamp>| at.map(|at| month.clock(at)).unwrap_or_default();
    let words = |words: Option<Bilingual>| words.map(|words| language.of(&words).to_owned()).unwrap_or_default();
    let level = |level: Level| language.pick(level.zh(), level.as_str()).to_owned();
    let answer = life.answer.as_ref();
    let measures: Vec<String> =
        answer.iter().flat_map(|answer| &answer.measures).map(|measure| words(Some(measure.words()))).collect();
    [
        life.warning_id.to_string(),
        life.operator_id.clone(),
        text(&life.operator.name),
        text(&life.operator.sub_district),
        text(&life.operator.community),
        month.clock(life.opened_at),
        language.pick_all(["否", "是"], ["no", "yes"])[usize::from(!month.contains(life.opened_at))].to_owned(),
        level(life.highest),
        level(life.level),
        clock(life.end.map(|end| end.at)),
        words(life.end.map(|end| Bilingual::new(end.step.zh(), end.step.as_str()))),
        words(life.state.map(HandlingState::words)),
        words(Some(life.timeliness(Clock::Acknowledge).words())),
        words(Some(life.timeliness(Clock::Act).words())),
        clock(answer.map(|answer| answer.at)),
        words(answer.and_then(|answer| answer.verdict).map(Verdict::words)),
        language.joined(&measures),
    ]
}

fn posts(posts: &[PostFigures], language: Language) -> Result<Spreadsheet> {
    let zh = ["岗位编号", "岗位", "签收超期（次）", "处置超期（次）", "涉及预警（件）"];
    let mut table = headed(language, zh, ["post", "title", "acknowledge_overdue", "act_overdue", "warnings"])?;
    for PostFigures { post, acknowledge, act, warnings } in posts {
        let [acknowledge, act, warnings] = [acknowledge, act, warnings].map(u64::to_string);
        table.write_record([&post.id, language.of(&post.title), &acknowledge, &act, &warnings])?;
    }
    Ok(table)
}

fn rules(rules: &[RuleFigures], language: Language) -> Result<Spreadsheet> {
    let zh = ["规则编号", "规则", "引发预警", "其中独有", "属实", "部分属实", "不属实", "尚无结论"];
    let en = ["rule", "title", "warnings", "unique", "confirmed", "partly", "unfounded", "no_verdict"];
    let mut table = headed(language, zh, en)?;
    for RuleFigures { rule, title, warnings, unique, confirmed, partly, unfounded, unanswered } in rules {
        let counts = [warnings, unique, confirmed, partly, unfounded, unanswered].map(u64::to_string);
        let names = [rule.clone(), language.of(title).to_owned()];
        table.write_record(names.iter().chain(&counts))?;
    }
    Ok(table)
}

fn areas(areas: &[AreaFigures], language: Language) -> Result<Spreadsheet> {
    let zh =
        ["街道", "上月结转", "本月发布", "按期反馈", "超期反馈", "超期未反馈", "按期率", "超期（次）", "期末未解除"];
    let en = [
        "sub_district",
        "carried_in",
        "opened",
        "answered_in_time",
        "answered_late",
        "answer_overdue",
        "share_in_time",
        "times_overdue",
        "open_at_the_end",
    ];
    let mut table = headed(language, zh, en)?;
    for AreaFigures { sub_district, carried, opened, answered, passed, open } in areas {
        let [carried, opened, passed, open] = [carried, opened, passed, open].map(u64::to_string);
        let [in_time, late, overdue] = [answered.in_time, answered.late, answered.overdue].map(|it| it.to_string());
        let (name, share) = (sub_district.clone().unwrap_or_default(), percent(answered.share()));
        table.write_record([name, carried, opened, in_time, late, overdue, share, passed, open])?;
    }
    Ok(table)
}

fn visits(visits: &[VisitFigures], language: Language) -> Result<Spreadsheet> {
    let zh = ["督查编号", "督查", "辖区", "已督查（户）", "应督查（户）", "截至"];
    let mut table = headed(language, zh, ["visit", "title", "area", "visited", "to_visit", "as_of"])?;
    for visit in visits {
        for area in &visit.areas {
            let [visited, of] = [area.visited, area.of].map(|count| count.to_string());
            let (title, name) = (language.of(&visit.title), language.of(&area.words));
            table.write_record([&*visit.id, title, name, &visited, &of, &visit.as_of])?;
        }
    }
    Ok(table)
}
