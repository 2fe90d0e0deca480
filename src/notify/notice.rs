//! What is read of a record on the warnings topic.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;
use yujing_base::OperatorId;
use yujing_base::zone::Zone;
use yujing_core::rule::{Bilingual, Level};
use yujing_core::source::Header;
use yujing_core::warning::Step;

/// A post by its id, such as `grid/和平里一`.
pub type Post = Arc<str>;

/// What a notification says of a warning's event.
#[derive(Debug, Clone, Deserialize)]
pub struct Notice {
    pub warning_id: Uuid,
    pub sequence: u64,
    pub operator_id: OperatorId,
    pub step: Step,
    pub from: Level,
    pub level: Level,
    pub as_of: Timestamp,
    pub due_at: Option<Timestamp>,
    #[serde(default)]
    pub zone: Zone,
    pub text: Bilingual,
    /// Nothing where rulesets route nobody.
    #[serde(default)]
    pub handling: Option<Concerned>,
}

/// Whom the event concerns: what is read of the warning's handling.
#[derive(Debug, Clone, Deserialize)]
pub struct Concerned {
    /// The post that is to act.
    pub assignee: NamedPost,
    /// Posts that had it before and are answerable too.
    #[serde(default)]
    pub passed: Vec<NamedPost>,
    /// Posts that get a copy.
    #[serde(default)]
    pub copies: Vec<NamedPost>,
    /// Until when it is to be acknowledged, while nobody has.
    #[serde(default)]
    pub acknowledge_by: Option<Timestamp>,
}

/// A post with what people call it.
#[derive(Debug, Clone, Deserialize)]
pub struct NamedPost {
    pub id: Post,
    pub title: Bilingual,
    /// Whether the matter is only a candidate for what the post decides about, not a finding.
    #[serde(default)]
    pub candidate: bool,
}

/// Where a record stands on the warnings topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub partition: i32,
    pub offset: i64,
}

/// A record of the warnings topic with what it says.
#[derive(Debug, Clone)]
pub struct Letter {
    pub place: Place,
    pub notice: Notice,
    /// The record's value, byte for byte.
    pub body: Vec<u8>,
    /// The record's headers, CloudEvents attributes among them.
    pub headers: Vec<Header>,
}

impl Notice {
    /// # Errors
    /// Why the value is no warning's event.
    pub fn parse(value: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(value).map_err(|error| error.to_string())
    }

    /// The posts that are told: who is to act first, then who had it before, then copies, each once.
    pub fn posts(&self) -> Vec<Post> {
        let Some(concerned) = &self.handling else { return Vec::new() };
        let mut posts: Vec<Post> = Vec::new();
        for named in std::iter::once(&concerned.assignee).chain(&concerned.passed).chain(&concerned.copies) {
            if !posts.contains(&named.id) {
                posts.push(Arc::clone(&named.id));
            }
        }
        posts
    }

    /// The higher of the levels before and after: a warning that ended is spoken of by the level that it had.
    pub fn highest_level(&self) -> Level {
        self.from.max(self.level)
    }

    /// What distinguishes the event from every other, as `ce_id` on the topic.
    pub fn event_id(&self) -> String {
        format!("{}:{}", self.warning_id, self.sequence)
    }
}

impl Letter {
    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.name == name)?;
        std::str::from_utf8(header.value.as_deref()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use yujing_core::warning::handling::Handling;
    use yujing_core::warning::routing::{self, Assignment, PostCopy};

    use super::*;

    fn post(id: &str) -> routing::Post {
        routing::Post { id: id.to_owned(), title: Bilingual { zh: format!("{id}岗"), en: format!("post {id}") } }
    }

    #[test]
    fn what_the_engine_writes_of_handling_says_who_is_told() {
        let at: Timestamp = "2026-03-01T18:36:00Z".parse().expect("an instant");
        let copy = |id| PostCopy { post: post(id), candidate: id == "police" };
        let assignment = Assignment {
            assignee: post("grid/东一"),
            ladder: vec![post("community/东"), post("district")],
            copies: vec![copy("health"), copy("police")],
            unrouted: false,
        };
        let mut handling = Handling::opened(assignment, Some(at), at);
        handling.passed.push(post("grid/东二"));
        let mut event: serde_json::Value = json!({
            "warning_id": Uuid::from_u128(1), "sequence": 2, "operator_id": "JY21201030043213", "step": "overdue",
            "from": "red", "level": "red", "as_of": at, "due_at": at, "text": { "zh": "", "en": "" },
        });
        let parse = |event: &serde_json::Value| Notice::parse(event.to_string().as_bytes()).expect("an event");
        assert_eq!(parse(&event).posts(), Vec::<Post>::new());
        event["handling"] = json!(handling);
        let notice = parse(&event);
        assert_eq!(notice.posts().join(" "), "grid/东一 grid/东二 health police");
        let concerned = notice.handling.expect("it has handling");
        assert_eq!(concerned.acknowledge_by, Some(at));
        assert_eq!(concerned.copies.iter().map(|copy| copy.candidate).collect::<Vec<_>>(), [false, true]);
        assert_eq!(concerned.assignee.title.zh, "grid/东一岗");
    }
}
