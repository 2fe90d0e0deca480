//! What the report says of given events.

use rstest::rstest;
use yujing_base::language::Language;
use yujing_core::warning::handling::Clock;

use super::figures::count::LevelCounts;
use super::figures::timeliness::TimelinessCounts;
use super::fixture::{Story, at, month, past_of, rollup, stories};
use super::life::{Timeliness, WarningLife};
use super::{MonthlyReport, Past, Unreportable, page, table};

/// Of March, made in April.
fn march(past: &Past) -> MonthlyReport {
    MonthlyReport::new(past, month("2026-03"), at("04-15T09:00")).expect("there is something to report")
}

fn whole() -> MonthlyReport {
    let mut past = past_of(&stories());
    past.areas = vec![rollup(Some("西街道"), 30, 80), rollup(None, 90, 200), rollup(Some("东街道"), 60, 120)];
    march(&past)
}

fn levels(counts: LevelCounts) -> [u64; 4] {
    [counts.red, counts.orange, counts.yellow, counts.blue]
}

#[test]
fn what_was_carried_in_and_what_opened_is_told_apart() {
    let warnings = whole().warnings;
    assert_eq!(levels(warnings.carried), [0, 1, 1, 0], "by the highest level, and not what ended before");
    assert_eq!(levels(warnings.opened), [1, 1, 1, 2], "a minute before the month ends, but not when it has");
    assert_eq!((warnings.resolved, warnings.withdrawn, warnings.withdrawn_by_verdict), (2, 0, 1));
    assert_eq!(levels(warnings.open_of_month), [1, 0, 1, 1]);
    assert_eq!(levels(warnings.open_of_before), [0, 1, 0, 0]);
}

#[test]
fn in_time_is_what_was_done_before_its_clock_passed() {
    let [acknowledged, answered] = whole().in_time;
    let of_all = |counts: TimelinessCounts| {
        [counts.in_time, counts.late, counts.overdue, counts.waiting, counts.ended, counts.unknown]
    };
    assert_eq!(of_all(acknowledged.all), [1, 1, 0, 2, 1, 0]);
    assert_eq!(of_all(answered.all), [1, 0, 1, 2, 1, 0], "what was sent back is not answered");
    assert_eq!((acknowledged.all.share(), answered.all.share()), (Some(0.5), Some(0.5)));
    assert_eq!(TimelinessCounts::default().share(), None);
}

#[rstest]
#[case::nobody(Story::opened(1, "a", "red", at("03-01T00:00")), Timeliness::Waiting)]
#[case::in_time(Story::opened(1, "a", "red", at("03-01T00:00")).answered("partly", &[], at("03-02T00:00")), Timeliness::InTime)]
#[case::no_handling(Story::opened(1, "a", "red", at("03-01T00:00")).unhandled(), Timeliness::Unknown)]
#[case::ended(Story::opened(1, "a", "red", at("03-01T00:00")).step("resolved", "none", at("03-02T00:00")), Timeliness::Ended)]
#[case::overdue(Story::opened(1, "a", "red", at("03-01T00:00")).overdue("act", "b", at("03-02T00:00")), Timeliness::Overdue)]
#[case::overdue_when_it_ended(
    Story::opened(1, "a", "red", at("03-01T00:00")).overdue("act", "b", at("03-02T00:00")).step("resolved", "none", at("03-03T00:00")),
    Timeliness::Overdue
)]
#[case::the_other_clock(
    Story::opened(1, "a", "red", at("03-01T00:00")).overdue("acknowledge", "b", at("03-02T00:00")).answered("partly", &[], at("03-03T00:00")),
    Timeliness::InTime
)]
#[case::late(
    Story::opened(1, "a", "red", at("03-01T00:00")).overdue("act", "b", at("03-02T00:00")).answered("partly", &[], at("03-03T00:00")),
    Timeliness::Late
)]
#[case::late_and_taken_up_again(
    Story::opened(1, "a", "red", at("03-01T00:00")).answered("partly", &[], at("03-03T00:00")).taken_up_again(at("03-04T00:00")),
    Timeliness::Waiting
)]
#[case::after_the_end(Story::opened(1, "a", "red", at("03-01T00:00")).answered("partly", &[], at("04-01T00:00")), Timeliness::Waiting)]
fn a_warning_is_in_time_late_overdue_waiting_or_over(#[case] story: Story, #[case] expected: Timeliness) {
    let lives = WarningLife::of(&story.steps(), month("2026-03").to());
    assert_eq!(lives[0].timeliness(Clock::Act), expected);
}

#[test]
fn a_clock_that_passes_counts_at_the_post_that_had_the_warning() {
    let posts = whole().posts;
    let counts: Vec<_> = posts.iter().map(|row| (&*row.post.id, row.acknowledge, row.act, row.warnings)).collect();
    assert_eq!(counts, [("grid/1", 1, 1, 2), ("station/西", 0, 1, 1)], "in March, of February's warnings too");
}

#[test]
fn the_newest_answer_that_was_not_sent_back_counts() {
    let verdicts = whole().verdicts;
    let counts: Vec<_> = verdicts.verdicts.iter().map(|row| (&*row.words.zh, row.count)).collect();
    assert_eq!((verdicts.answered, verdicts.reviewed), (3, 2));
    assert_eq!(counts, [("属实", 2), ("部分属实", 0), ("不属实", 1), ("未填结论", 0)]);
    let measures: u64 = verdicts.measures.iter().map(|row| row.count).sum();
    assert_eq!(measures, 3);
}

#[test]
fn a_review_does_not_move_an_answer_into_another_month() {
    let story = Story::opened(1, "a", "red", at("02-20T00:00")).answered("confirmed", &[], at("02-28T12:00"));
    let report = march(&past_of(&[story.handled("reviewed", at("03-01T09:00"))]));
    assert_eq!(report.verdicts.answered, 0);
}

#[test]
fn rules_count_by_the_warnings_that_they_raised() {
    let rules = whole().rules;
    let row = |rule: &str| rules.rules.iter().find(|row| row.rule == rule).cloned().expect("it fired");
    let rodents = row("rodents");
    assert_eq!((rodents.warnings, rodents.confirmed, rodents.partly, rodents.unanswered), (6, 2, 0, 4));
    assert_eq!((row("flies").warnings, row("flies").unique), (1, 0));
    let mut past = past_of(&stories());
    past.policies.clear();
    let rules = march(&past).rules;
    assert_eq!((rules.rules.len(), rules.unmeasured), (0, 6), "what cannot be measured is said");
}

#[test]
fn coverage_is_of_the_newest_sums_and_says_of_when() {
    let visits = &whole().visits[0];
    assert_eq!(visits.as_of, "2026-04-02 08:30");
    let areas: Vec<_> = visits.areas.iter().map(|area| (&*area.words.zh, area.visited, area.of)).collect();
    assert_eq!(areas, [("全区", 90, 200), ("东街道", 60, 120), ("西街道", 30, 80)]);
    assert!(march(&past_of(&stories())).visits.is_empty());
}

#[test]
fn a_later_event_changes_nothing_of_a_month_that_is_over() {
    let early = whole();
    let mut later = stories();
    later[4] = later[4].clone().overdue("act", "district", at("04-03T00:00"));
    later[1] = later[1].clone().step("resolved", "none", at("04-01T00:00"));
    let report = march(&past_of(&later));
    assert_eq!(report.warnings, early.warnings);
    assert_eq!((report.in_time, report.posts), (early.in_time, early.posts));
}

#[test]
fn a_quiet_month_has_a_report_of_noughts() {
    let report = MonthlyReport::new(&past_of(&stories()[..1]), month("2026-04"), at("05-15T09:00")).expect("a report");
    assert_eq!((report.warnings.carried.all, report.warnings.opened.all), (0, 0));
    assert!(report.posts.is_empty() && report.areas.is_empty() && report.days.len() == 30);
    let html = page::render(&report, Language::Zh).expect("a page");
    assert!(html.contains("本月没有超期。") && html.contains("本月没有预警。"));
}

#[rstest]
#[case::future("2026-05", "04-15T09:00", Unreportable::NotBegun)]
#[case::before_all("2025-12", "04-15T09:00", Unreportable::NothingKnown { since: Some(at("01-05T09:00")) })]
fn a_month_of_which_nothing_can_be_known_has_no_report(
    #[case] text: &str,
    #[case] now: &str,
    #[case] expected: Unreportable,
) {
    let refused = MonthlyReport::new(&past_of(&stories()), month(text), at(now)).expect_err("no report");
    assert_eq!(refused, expected);
    let words = refused.words(&month(text));
    assert!(words.zh.contains(text) && words.en.contains(text), "{words:?}");
}

#[test]
fn what_is_not_retained_is_said_or_refused() {
    let mut past = past_of(&stories());
    past.complete_since = Some(at("03-11T00:00"));
    past.steps.retain(|step| step.as_of >= at("03-11T00:00"));
    let report = march(&past);
    assert_eq!(report.complete_since.as_deref(), Some("2026-03-11 00:00"));
    assert!(page::render(&report, Language::Zh).expect("a page").contains("自 2026-03-11 00:00 起的记录完整"));
    assert_eq!(report.warnings.opened.all, 3, "a later step still says when its warning was opened");
    let february = MonthlyReport::new(&past, month("2026-02"), at("04-15T09:00")).expect_err("no report");
    assert_eq!(february, Unreportable::NothingKnown { since: past.complete_since });
    let nothing = MonthlyReport::new(&Past::default(), month("2026-03"), at("04-15T09:00")).expect_err("no report");
    assert_eq!(nothing, Unreportable::NothingKnown { since: None });
    past.complete_since = Some(at("02-28T00:00"));
    assert_eq!(march(&past).complete_since, None);
}

#[test]
fn a_month_that_is_not_over_is_reported_as_far_as_it_went() {
    let report = MonthlyReport::new(&past_of(&stories()), month("2026-03"), at("03-04T09:00")).expect("a report");
    assert!(report.is_partial);
    assert_eq!((report.until.as_str(), report.warnings.opened.all), ("2026-03-04 09:00", 1));
    assert!(page::render(&report, Language::En).expect("a page").contains("截至 2026-03-04 09:00 的阶段性数据"));
}

#[test]
fn a_synthetic_district_is_called_so() {
    let said = "本月报含合成数据";
    assert!(!page::render(&whole(), Language::Zh).expect("a page").contains(said));
    let synthetic = march(&past_of(&[stories()[2].clone().synthetic()]));
    assert!(page::render(&synthetic, Language::Zh).expect("a page").contains(said));
}

#[test]
fn texts_of_others_are_texts() {
    let story = Story::opened(1, "<script>alert(1)</script>", "red", at("03-02T00:00"));
    let report = march(&past_of(&[story]));
    let html = page::render(&report, Language::Zh).expect("a page");
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert"));
}

#[test]
fn the_page_is_as_it_was() {
    let html = page::render(&whole(), Language::Zh).expect("a page");
    let body = html.split_once("<body>").expect("a body").1.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(body);
}

#[rstest]
#[case::zh(Language::Zh)]
#[case::en(Language::En)]
fn the_tables_are_as_they_were(#[case] language: Language) {
    let files = table::files(&whole(), language).expect("tables");
    let texts = files.into_iter().map(|file| {
        let text = String::from_utf8(file.bytes).expect("UTF-8");
        format!("# {}\n{}", file.name, text.strip_prefix('\u{feff}').expect("a mark for spreadsheets"))
    });
    insta::assert_snapshot!(language.pick("tables_zh", "tables_en"), texts.collect::<Vec<_>>().join("\n"));
}
