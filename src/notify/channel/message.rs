//! What people read: the event's headline, until when it is to be acknowledged, whose it is, and where to look.

use jiff::Timestamp;
use yujing_base::escape;
use yujing_base::language::Language;
use yujing_base::zone::Zone;
use yujing_core::rule::Level;
use yujing_core::warning::Step;

use crate::delivery::Delivery;
use crate::notice::{Concerned, NamedPost, Notice};

/// How messages of a channel are written.
#[derive(Debug, Clone)]
pub struct Style {
    pub language: Language,
    /// A page about a warning, with `{warning_id}` in it.
    pub link: Option<String>,
}

/// A message in one language. Characters that are not seen, or that turn the direction of others, are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub level: Level,
    /// Level and step, for a subject line.
    pub title: String,
    pub lines: Vec<String>,
}

impl Message {
    pub fn new(notice: &Notice, delivery: &Delivery, style: &Style) -> Self {
        let (language, level) = (style.language, notice.highest_level());
        let title = match language {
            Language::Zh => format!("食品安全{}预警·{}", level.zh(), notice.step.zh()),
            Language::En => format!("Food safety: {level} warning {}", notice.step.as_str()),
        };
        let mut lines = vec![language.of(&notice.text).to_owned()];
        if let Some(concerned) = &notice.handling {
            lines.extend(addressed(concerned, delivery, notice.step, &notice.zone, language));
        }
        let (id, sequence) = (notice.warning_id, notice.sequence);
        lines.push(match language {
            Language::Zh => format!("预警编号：{id}（第{sequence}条）"),
            Language::En => format!("Warning: {id} (event {sequence})"),
        });
        let page = style.link.as_ref().map(|link| link.replace("{warning_id}", &id.to_string()));
        lines.extend(page.map(|page| language.labelled("详情", "Page", page)));
        let escaped = |line: &String| escape::line(line).into_owned();
        Self { level, title, lines: lines.iter().map(escaped).collect() }
    }

    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// Who is to act until when, and to whom this is a copy.
fn addressed(
    concerned: &Concerned,
    delivery: &Delivery,
    step: Step,
    zone: &Zone,
    language: Language,
) -> impl Iterator<Item = String> {
    // A warning that ended is nobody's to acknowledge.
    let until = concerned.acknowledge_by.filter(|_| !matches!(step, Step::Resolved | Step::Withdrawn));
    let acknowledge = until.map(|until| language.labelled("签收时限", "Acknowledge by", time(until, zone, language)));
    let whose = language.labelled("处置岗位", "Post to act", language.of(&concerned.assignee.title));
    let is_told = |named: &&NamedPost| delivery.posts.contains(&named.id);
    let told: Vec<String> = concerned.copies.iter().filter(is_told).map(|copy| copied(copy, language)).collect();
    let copies = (!told.is_empty()).then(|| language.labelled("抄送", "Copy to", language.joined(&told)));
    [acknowledge, Some(whose), copies].into_iter().flatten()
}

fn copied(copy: &NamedPost, language: Language) -> String {
    let title = language.of(&copy.title);
    match (copy.candidate, language) {
        (false, _) => title.to_owned(),
        (true, Language::Zh) => format!("{title}（仅为线索，未作认定）"),
        (true, Language::En) => format!("{title} (a candidate only: nothing is found)"),
    }
}

fn time(at: Timestamp, zone: &Zone, language: Language) -> String {
    let at = zone.to_datetime(at);
    match language {
        Language::Zh => {
            format!("{}年{}月{}日{:02}时{:02}分", at.year(), at.month(), at.day(), at.hour(), at.minute())
        }
        Language::En => format!("{} {:02}:{:02} {}", at.date(), at.hour(), at.minute(), zone.words().en),
    }
}
