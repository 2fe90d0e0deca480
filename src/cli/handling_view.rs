//! What is done about a warning, for people: who is to act, by when, what is overdue, what was done.

use jiff::Timestamp;
use yujing_base::language::Bilingual;
use yujing_base::zone::Zone;
use yujing_core::warning::Handling;
use yujing_core::warning::handling::{HandlingStep, Measure, Overdue, Receipt};
use yujing_core::warning::routing::{Post, PostCopy};

use super::{Language, output};

/// So many of the newest steps and receipts are shown; the record has more.
const MAX_SHOWN: usize = 8;

/// A handling with the language and the zone in which it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct HandlingView<'a> {
    pub handling: &'a Handling,
    pub zone: &'a Zone,
    pub lang: Language,
}

/// A label with what stands behind it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Labelled {
    pub label: &'static str,
    pub value: String,
}

impl HandlingView<'_> {
    /// The lines, in the order in which people ask.
    pub(super) fn lines(&self) -> Vec<Labelled> {
        let handling = self.handling;
        let mut lines =
            vec![self.line("处置状态", "handling", self.state()), self.line("承办岗位", "assignee", self.assignee())];
        if !handling.ladder.is_empty() {
            let ladder: Vec<_> = handling.ladder.iter().map(|post| self.title(post)).collect();
            lines.push(self.line("逐级上报", "ladder", ladder.join(" → ")));
        }
        if !handling.copies.is_empty() {
            let copies: Vec<_> = handling.copies.iter().map(|copy| self.copy(copy)).collect();
            lines.push(self.line("抄送", "copies", copies.join(self.lang.pick("、", ", "))));
        }
        if let Some(by) = handling.acknowledge_by {
            lines.push(self.line("签收时限", "acknowledge", self.time(by)));
        }
        if let Some(overdue) = &handling.overdue {
            lines.push(self.line("超期", "overdue", self.overdue(overdue)));
        }
        lines.extend(self.extension());
        if let Some(verdict) = handling.verdict {
            lines.push(self.line("核查结论", "verdict", self.lang.of(&verdict.words()).to_owned()));
        }
        if !handling.measures.is_empty() {
            lines.push(self.line("处置措施", "measures", self.measures(&handling.measures)));
        }
        let beyond = |length: usize| length.saturating_sub(MAX_SHOWN);
        let receipts = handling.receipts.iter().skip(beyond(handling.receipts.len()));
        lines.extend(receipts.map(|receipt| self.line("送达", "delivered", self.receipt(receipt))));
        let steps = handling.steps.iter().skip(beyond(handling.steps.len()));
        lines.extend(steps.map(|step| self.line("处置记录", "step", self.step(step))));
        lines
    }

    fn line(&self, zh: &'static str, en: &'static str, value: String) -> Labelled {
        Labelled { label: self.lang.pick(zh, en), value }
    }

    fn time(&self, at: Timestamp) -> String {
        output::time_in(at, self.zone, self.lang)
    }

    fn state(&self) -> String {
        let Handling { state, since, reopened, .. } = self.handling;
        let (words, since) = (state.words(), self.time(*since));
        match (self.lang, *reopened) {
            (Language::Zh, 0) => format!("{}（自{since}）", words.zh),
            (Language::Zh, times) => format!("{}（自{since}，重新打开{times}次）", words.zh),
            (Language::En, 0) => format!("{} (since {since})", words.en),
            (Language::En, times) => format!("{} (since {since}, reopened: {times})", words.en),
        }
    }

    fn assignee(&self) -> String {
        let title = self.title(&self.handling.assignee);
        let unrouted =
            if self.handling.unrouted { self.lang.pick("，未包保", ", by default: no post has it") } else { "" };
        format!("{title}{unrouted}")
    }

    /// What people call a post, with its id where that says more.
    fn title(&self, post: &Post) -> String {
        let title = self.lang.of(&post.title);
        match self.lang {
            _ if title == post.id => title.to_owned(),
            Language::Zh => format!("{title}（{}）", post.id),
            Language::En => format!("{title} ({})", post.id),
        }
    }

    fn copy(&self, copy: &PostCopy) -> String {
        let candidate =
            if copy.candidate { self.lang.pick("，线索，仅供研判", ", a candidate only") } else { "" };
        format!("{}{candidate}", self.title(&copy.post))
    }

    fn overdue(&self, overdue: &Overdue) -> String {
        let (clock, since, times) = (overdue.clock.words(), self.time(overdue.since), overdue.times);
        match self.lang {
            Language::Zh => format!("{}自{since}起超期，已上报{times}次", clock.zh),
            Language::En => format!("{} passed at {since}; overdue steps: {times}", clock.en),
        }
    }

    fn extension(&self) -> Option<Labelled> {
        let extension = self.handling.extension?;
        let (at, words) = match (extension.asked, extension.granted) {
            (Some(asked), _) => (asked, Bilingual::new("申请延至", "asked until")),
            (None, Some(granted)) => (granted, Bilingual::new("准予延至", "granted until")),
            (None, None) => return None,
        };
        Some(self.line("延期", "extension", format!("{} {}", self.lang.of(&words), self.time(at))))
    }

    fn measures(&self, measures: &[Measure]) -> String {
        let words: Vec<_> = measures.iter().map(|measure| self.lang.of(&measure.words()).to_owned()).collect();
        words.join(self.lang.pick("、", ", "))
    }

    fn receipt(&self, receipt: &Receipt) -> String {
        let unknown = self.lang.pick("（未注明）", "(not said)");
        let post = receipt.post.as_deref().map(|id| self.known(id));
        let channel = receipt.channel.as_deref().unwrap_or(unknown);
        let post = post.unwrap_or_else(|| unknown.to_owned());
        format!("{} {post}{}{channel}", self.time(receipt.at), self.lang.pick("，", ", "))
    }

    fn step(&self, step: &HandlingStep) -> String {
        let answer = &step.answer;
        let action = answer.action.words();
        let mut said = vec![self.lang.of(&action).to_owned()];
        said.extend(answer.verdict.map(|verdict| self.lang.of(&verdict.words()).to_owned()));
        if !answer.measures.is_empty() {
            said.push(self.measures(&answer.measures));
        }
        let who = answer.post.as_deref().map(|id| self.known(id));
        let who = who.unwrap_or_else(|| self.lang.pick("（未注明岗位）", "(no post given)").to_owned());
        format!("{} {who}{}{}", self.time(step.at), self.lang.pick("：", ": "), said.join(self.lang.pick("，", ", ")))
    }

    /// The post of an id as people call it, if the warning knows it.
    fn known(&self, id: &str) -> String {
        let handling = self.handling;
        let copies = handling.copies.iter().map(|copy| &copy.post);
        let mut posts = handling.ladder.iter().chain(&handling.passed).chain([&handling.assignee]).chain(copies);
        let found: Option<&Bilingual> = posts.find(|post| post.id == id).map(|post| &post.title);
        found.map_or_else(|| id.to_owned(), |title| self.lang.of(title).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn handling() -> Handling {
        let post = |id: &str, zh: &str, en: &str| json!({ "id": id, "title": { "zh": zh, "en": en } });
        let mut education = post("education", "区教育局", "District education authority");
        education["candidate"] = json!(true);
        let handling = json!({
            "state": "answered", "since": "2026-03-03T01:10:00Z",
            "assignee": post("station/示例街道", "示例街道市场监管所", "Station of 示例街道"),
            "ladder": [post("district", "区市场监管局", "District office")],
            "passed": [post("grid/YYL-07", "网格员岗（YYL-07）", "Grid officer, YYL-07")],
            "copies": [education], "unrouted": true, "acknowledge_by": "2026-03-02T18:31:43Z",
            "extension": { "asked": null, "granted": "2026-03-05T10:00:00Z" },
            "verdict": "partly", "measures": ["on_the_spot_correction", "written_order"],
            "overdue": { "clock": "acknowledge", "since": "2026-03-02T18:31:43Z", "times": 2, "next": null },
            "reopened": 1,
            "receipts": [{ "post": "grid/YYL-07", "channel": "wecom", "at": "2026-03-02T18:21:45Z" }],
            "steps": [{
                "publisher": "officer-app", "event_id": "d1", "revision": 1, "at": "2026-03-03T01:10:00Z",
                "warning_id": "b5af3df0-46a2-5532-b627-6e77965dd865", "action": "answered", "role": "officer",
                "post": "station/示例街道", "verdict": "partly", "measures": ["on_the_spot_correction", "written_order"],
            }],
        });
        serde_json::from_value(handling).expect("a handling")
    }

    #[test]
    fn who_is_to_act_what_is_overdue_and_what_was_done_is_shown_in_both_languages() {
        let (handling, zone) = (handling(), Zone::default());
        let shown = [Language::Zh, Language::En].map(|lang| {
            let lines = HandlingView { handling: &handling, zone: &zone, lang }.lines();
            let lines = lines.into_iter().map(|Labelled { label, value }| format!("{label}: {value}"));
            lines.collect::<Vec<_>>().join("\n")
        });
        insta::assert_snapshot!(shown.join("\n\n"));
    }

    #[test]
    fn of_a_new_warning_there_is_little_to_say() {
        let mut handling = handling();
        (handling.extension, handling.verdict, handling.overdue, handling.reopened) = (None, None, None, 0);
        handling.measures.clear();
        handling.steps.clear();
        handling.receipts.clear();
        handling.copies.clear();
        handling.ladder.clear();
        handling.acknowledge_by = None;
        let lines = HandlingView { handling: &handling, zone: &Zone::default(), lang: Language::En }.lines();
        assert_eq!(lines.iter().map(|line| line.label).collect::<Vec<_>>(), ["handling", "assignee"]);
    }
}
