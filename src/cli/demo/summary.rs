//! What a demo came to: what was planted and found, and what officials made of it.

use std::time::Duration;

use yujing_core::warning::handling::Verdict;
use yujing_demo::Detection;

use super::DemoRun;
use crate::{Failure, Language, output};

impl DemoRun<'_> {
    fn answers_summary(&self) -> Result<(), Failure> {
        if self.officials.is_none() {
            return Ok(());
        }
        let counts = self.answers.counts();
        let verdict = |verdict: Verdict| counts.verdicts.get(&verdict).copied().unwrap_or_default();
        let verdicts = Verdict::ALL.map(|it| format!("{} {}", self.demo.lang.of(&it.words()), verdict(it)));
        let verdicts = verdicts.join(self.demo.lang.pick("，", ", "));
        let next = counts.next_overdue_at.map(output::time);
        let (next_zh, next_en) = match next {
            Some(at) => (format!("（最早 {at} 超期）"), format!(" (the first is overdue at {at})")),
            None => Default::default(),
        };
        let (warnings, acknowledged, answered) = (counts.warnings, counts.acknowledged, counts.answered);
        let (closed, overdue, waiting) = (counts.closed, counts.overdue, counts.waiting);
        self.demo.say(
            &format!(
                "处置小结（虚构岗位）：预警 {warnings} 件，已签收 {acknowledged}，已反馈 {answered}（{verdicts}），办结 {closed}；超期 {overdue}；待签收 {waiting}{next_zh}"
            ),
            &format!(
                "Handling (made-up posts): {warnings} warnings, {acknowledged} acknowledged, {answered} answered ({verdicts}), {closed} closed; {overdue} overdue; {waiting} not acknowledged{next_en}"
            ),
        )
    }

    /// The last lines of the demo.
    pub(super) fn summary(&self, events: u64, took: Duration) -> Result<(), Failure> {
        let (detections, lang) = (&self.detections, self.demo.lang);
        let raised = detections.raised().iter().map(|(level, count)| {
            let name = lang.pick(level.zh(), level.as_str());
            format!("{name} {count}")
        });
        let raised = raised.collect::<Vec<_>>().join(lang.pick("，", ", "));
        let mut table =
            output::table(lang.pick_all(["埋设情形", "监管对象", "结果"], ["planted", "operator", "result"]));
        for line in detections.lines() {
            let (zh, en) = line.kind.title();
            let result = match (line.detection, lang) {
                (Detection::After(after), Language::Zh) => format!("发现，延迟{:.2}秒", after.as_secs_f64()),
                (Detection::After(after), Language::En) => format!("found after {:.2} s", after.as_secs_f64()),
                (Detection::AlreadyAt(level), Language::Zh) => format!("此前已有{}预警", level.zh()),
                (Detection::AlreadyAt(level), Language::En) => format!("under a warning already ({level})"),
                (Detection::Missed, _) => lang.pick("漏报", "missed").to_owned(),
            };
            table.add_row([lang.pick(zh, en).to_owned(), line.operator_id, result]);
        }
        output::line(&table.to_string())?;
        self.answers_summary()?;
        let (seconds, rate) = (took.as_secs_f64(), rate(events, took));
        let (planted, found, already) = (detections.planted(), detections.found(), detections.already_warned());
        let (missed, false_alarms) = (detections.missed(), detections.false_alarms());
        self.demo.say(
            &format!(
                "合成数据小结：实时 {seconds:.0} 秒，{events} 条记录（{rate:.1} 条/秒）；发布或升级：{raised}；埋设 {planted} 起：发现 {found}，此前已预警 {already}，漏报 {missed}；未埋设处橙色以上误报 {false_alarms}"
            ),
            &format!(
                "Summary (synthetic data): {seconds:.0} s live, {events} records ({rate:.1}/s); opened or escalated: {raised}; {planted} planted: {found} found, {already} under a warning already, {missed} missed; {false_alarms} false alarms of orange or red elsewhere"
            ),
        )
    }
}

/// Events a second.
pub(super) fn rate(events: u64, took: Duration) -> f64 {
    f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / took.as_secs_f64().max(0.001)
}
