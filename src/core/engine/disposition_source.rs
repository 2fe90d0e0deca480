//! The source of dispositions (处置反馈): what its events say.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use yujing_base::OperatorId;

use crate::source::{Cell, Event, FieldType, Op, SourceId, Sources};
use crate::warning::handling::{Answer, Attachment, Disposition, EventKey, HandlingAction, Measure, Verdict};

/// The source of dispositions.
pub(super) const SOURCE: &str = "dispositions";

/// Where an event of the source says what.
#[derive(Debug)]
pub(super) struct DispositionSource {
    pub(super) id: SourceId,
    /// The places of columns, by name.
    columns: BTreeMap<Box<str>, usize>,
    /// The places of address and hash in an attachment.
    attachment: Option<[usize; 2]>,
}

/// What was done about one warning, in the words of the event.
#[derive(Debug)]
pub(super) struct DispositionAction {
    pub(super) operator: OperatorId,
    pub(super) warning: Uuid,
    pub(super) action: Arc<str>,
}

impl DispositionSource {
    /// `None` where the schemas have no such source.
    pub(super) fn find(sources: &Sources) -> Option<Self> {
        let (id, source) = sources.by_name(SOURCE)?;
        let columns = source.columns.iter().enumerate();
        let columns: BTreeMap<Box<str>, usize> =
            columns.map(|(place, column)| ((&*column.name).into(), place)).collect();
        let attachment = match columns.get("attachments").map(|place| &source.columns[*place].data_type) {
            Some(FieldType::List(item)) => match &**item {
                FieldType::Object(fields) => {
                    let place = |name: &str| fields.iter().position(|field| &*field.name == name);
                    place("uri").zip(place("sha256")).map(<[usize; 2]>::from)
                }
                _ => None,
            },
            _ => None,
        };
        let is_complete = ["warning_id", "action"].iter().all(|name| columns.contains_key(*name));
        is_complete.then_some(Self { id, columns, attachment })
    }

    /// What was done, for who counts it: the action, of an answer with its verdict (`answered_unfounded`). `None` of
    /// another source's event, or of one that takes an event back.
    pub(super) fn action(&self, event: &Event) -> Option<DispositionAction> {
        if event.source != self.id || event.op != Op::Upsert {
            return None;
        }
        let (warning, action) = (self.text(event, "warning_id")?, self.text(event, "action")?);
        let action = match self.text(event, "verdict").filter(|_| &**action == HandlingAction::Answered.as_str()) {
            Some(verdict) => format!("{action}_{verdict}").into(),
            None => Arc::clone(action),
        };
        let operator = event.operator_id.clone();
        Some(DispositionAction { operator, warning: warning.parse().ok()?, action })
    }

    /// The event typed. Actions of version 1 are those of version 2 that mean the same.
    pub(super) fn read(&self, event: &Event) -> Disposition {
        Disposition {
            operator_id: event.operator_id.clone(),
            event: EventKey { publisher: event.publisher.to_string(), event_id: event.event_id.to_string() },
            revision: event.revision,
            at: event.occurred_at,
            answer: (event.op == Op::Upsert).then(|| self.answer(event)).flatten(),
            attachments: self.attachments(event),
            channel: self.owned(event, "channel"),
            sequence: self.number(event, "sequence"),
        }
    }

    fn answer(&self, event: &Event) -> Option<Answer> {
        let warning_id = self.text(event, "warning_id")?.parse().ok()?;
        let mut measures: Vec<Measure> =
            self.texts(event, "measures").filter_map(|measure| Measure::parse(measure)).collect();
        let mut verdict = self.text(event, "verdict").and_then(|verdict| Verdict::parse(verdict));
        let action = match &**self.text(event, "action")? {
            "visited" => HandlingAction::InProgress,
            "rectified" => {
                verdict.get_or_insert(Verdict::Confirmed);
                measures.push(Measure::OnTheSpotCorrection);
                HandlingAction::Answered
            }
            "false_alarm" => {
                verdict.get_or_insert(Verdict::Unfounded);
                HandlingAction::Answered
            }
            other => HandlingAction::parse(other)?,
        };
        measures.sort_unstable();
        measures.dedup();
        Some(Answer {
            warning_id,
            action,
            role: self.owned(event, "role"),
            post: self.owned(event, "post"),
            verdict,
            measures,
            findings: self.texts(event, "findings").map(ToString::to_string).collect(),
            extend_to: self.time(event, "extend_to"),
            transfer_to: self.owned(event, "transfer_to"),
        })
    }

    fn attachments(&self, event: &Event) -> Vec<Attachment> {
        let Some(places) = self.attachment else { return Vec::new() };
        let attachment = |cell: &Cell| {
            let Cell::Object(fields) = cell else { return None };
            let [uri, sha256] = places.map(|place| match &fields[place] {
                Cell::Text(text) => Some(text.to_string()),
                _ => None,
            });
            Some(Attachment { uri: uri?, sha256: sha256? })
        };
        self.list(event, "attachments").iter().filter_map(attachment).collect()
    }

    fn cell<'e>(&self, event: &'e Event, column: &str) -> Option<&'e Cell> {
        event.cells.get(*self.columns.get(column)?)
    }

    fn text<'e>(&self, event: &'e Event, column: &str) -> Option<&'e Arc<str>> {
        match self.cell(event, column)? {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    fn owned(&self, event: &Event, column: &str) -> Option<String> {
        self.text(event, column).map(ToString::to_string)
    }

    fn list<'e>(&self, event: &'e Event, column: &str) -> &'e [Cell] {
        match self.cell(event, column) {
            Some(Cell::List(items)) => items,
            _ => &[],
        }
    }

    fn texts<'e>(&self, event: &'e Event, column: &str) -> impl Iterator<Item = &'e Arc<str>> {
        self.list(event, column).iter().filter_map(|cell| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        })
    }

    fn number(&self, event: &Event, column: &str) -> Option<u64> {
        match self.cell(event, column)? {
            Cell::Int(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    fn time(&self, event: &Event, column: &str) -> Option<Timestamp> {
        match self.cell(event, column)? {
            Cell::Time(microseconds) => Timestamp::from_microsecond(*microseconds).ok(),
            _ => None,
        }
    }
}
