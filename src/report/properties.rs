//! What must hold of the figures of any month: they add up.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use yujing_core::warning::Step;

use super::MonthlyReport;
use super::figures::count::LevelCounts;
use super::fixture::{Story, at, month, past_of};

fn levels(counts: LevelCounts) -> [u64; 4] {
    [counts.red, counts.orange, counts.yellow, counts.blue]
}

/// What happens to a warning next, after so many hours.
type Happening = (u8, u8, i64);

/// A warning to which things happen until it is over.
fn told(number: usize, area: u8, opened: i64, happenings: &[Happening]) -> Story {
    let levels = ["blue", "yellow", "orange", "red"];
    let level = |place: u8| levels[usize::from(place) % 4];
    let mut now: Timestamp = at("02-10T00:00") + SignedDuration::from_hours(opened);
    let district = ["东街道", "西街道", "南街道"][usize::from(area) % 3];
    let mut story = Story::opened(number as u128 + 1, district, level(area / 3), now);
    for (kind, choice, hours) in happenings {
        if story.is_over() {
            break;
        }
        now += SignedDuration::from_hours(*hours);
        let post = ["grid/1", "station/东", "district"][usize::from(*choice) % 3];
        story = match kind % 10 {
            0 => story.step("escalated", level(*choice), now),
            1 => story.step("eased", level(*choice), now),
            2 => story.step("resolved", "none", now),
            3 => story.unfounded(now),
            4 => story.handled("acknowledged", now),
            5 => story.answered(["confirmed", "partly", "unfounded"][usize::from(*choice) % 3], &["sealing"], now),
            6 => story.returned(now),
            7 => story.taken_up_again(now),
            8 => story.overdue("act", post, now),
            _ => story.overdue("acknowledge", post, now),
        };
    }
    story
}

fn arbitrary_stories() -> impl Strategy<Value = Vec<Story>> {
    let happenings = prop::collection::vec((any::<u8>(), any::<u8>(), 0_i64..400), 0..10);
    prop::collection::vec((any::<u8>(), 0_i64..1_400, happenings), 1..25).prop_map(|warnings| {
        let told = |(number, (area, opened, happenings)): (usize, &(u8, i64, Vec<Happening>))| {
            told(number, *area, *opened, happenings)
        };
        warnings.iter().enumerate().map(told).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn figures_add_up(stories in arbitrary_stories(), hour in 0_i64..900, reversed in any::<bool>()) {
        let mut past = past_of(&stories);
        let now = at("03-01T00:00") + SignedDuration::from_hours(hour);
        let report = MonthlyReport::new(&past, month("2026-03"), now);
        prop_assume!(report.is_ok());
        let report = report.expect("a report");
        if reversed {
            past.steps.reverse();
            let again = MonthlyReport::new(&past, month("2026-03"), now).expect("a report");
            prop_assert_eq!(serde_json::to_value(&again).expect("JSON"), serde_json::to_value(&report).expect("JSON"));
        }
        let warnings = &report.warnings;
        let ended = warnings.resolved + warnings.withdrawn + warnings.withdrawn_by_verdict;
        prop_assert_eq!(warnings.carried.all + warnings.opened.all, ended + warnings.open.all);
        let added = |one: LevelCounts, other: LevelCounts| levels(one).iter().zip(levels(other)).map(|(a, b)| a + b).collect::<Vec<_>>();
        prop_assert_eq!(added(warnings.open_of_month, warnings.open_of_before), levels(warnings.open).to_vec());
        let opened_by_step = report.steps.iter().find(|row| row.step == Step::Opened).expect("a row").levels.all;
        prop_assert_eq!(opened_by_step, warnings.opened.all);
        prop_assert_eq!(report.days.iter().map(|day| day.levels.all).sum::<u64>(), warnings.opened.all);
        for clock in &report.in_time {
            prop_assert_eq!(clock.all.all(), warnings.opened.all);
            let by_level: Vec<u64> = clock.by_level.iter().map(|row| row.counts.all()).collect();
            prop_assert_eq!(by_level, levels(warnings.opened).to_vec());
            prop_assert_eq!(clock.by_level.iter().map(|row| row.counts.in_time).sum::<u64>(), clock.all.in_time);
        }
        let areas = &report.areas;
        prop_assert_eq!(areas.iter().map(|area| area.opened).sum::<u64>(), warnings.opened.all);
        prop_assert_eq!(areas.iter().map(|area| area.carried).sum::<u64>(), warnings.carried.all);
        prop_assert_eq!(areas.iter().map(|area| area.open).sum::<u64>(), warnings.open.all);
        prop_assert_eq!(areas.iter().map(|area| area.answered.in_time).sum::<u64>(), report.in_time[1].all.in_time);
        let overdue = report.steps.iter().find(|row| row.step == Step::Overdue).expect("a row").levels.all;
        prop_assert_eq!(report.posts.iter().map(|row| row.acknowledge + row.act).sum::<u64>(), overdue);
        prop_assert_eq!(areas.iter().map(|area| area.passed).sum::<u64>(), overdue);
        let verdicts = &report.verdicts;
        prop_assert_eq!(verdicts.verdicts.iter().map(|row| row.count).sum::<u64>(), verdicts.answered);
        prop_assert!(verdicts.reviewed <= verdicts.answered);
        for rule in &report.rules.rules {
            prop_assert!(rule.unique <= rule.warnings);
            prop_assert_eq!(rule.confirmed + rule.partly + rule.unfounded + rule.unanswered, rule.warnings);
        }
    }
}
