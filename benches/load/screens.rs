//! What somebody at the console waits for: a filtered list, a warning on the screen, the answer that somebody else gave.
//! It looks as the pages do: told of changes, gathering them for a moment, then asking anew.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::person::Person;
use crate::results::Latency;
use crate::site::{Paced, Site};

/// Events a second while warnings are waited for. A district has some ten thousand in a day.
pub const PACE: f64 = 50.0;
/// How long after its event, or an answer, something may take to be shown.
const SHOWN_WITHIN: Duration = Duration::from_secs(10);
/// How long the list is looked at after the last warning.
const LAST: Duration = Duration::from_secs(3);
/// How long pages gather changes before they ask anew.
const GATHER: Duration = Duration::from_millis(150);
/// Between two requests of one account, which may ask 50 times a second.
const PAUSE: Duration = Duration::from_millis(25);
/// How often each filter is tried.
const TRIES: usize = 12;
/// Filters of the list of operators: words of names, numbers and addresses, some of them in most of the rows or in none,
/// pinyin initials, levels, areas.
const FILTERS: [&str; 9] = [
    "",
    "?q=餐厅",
    "?q=解放路77号",
    "?q=rml9",
    "?q=没有这家",
    "?level=red",
    "?sub_district=文昌街道",
    "?q=食堂%209&sub_district=文昌街道&level=yellow",
    "?business_form=canteen&order=name&cursor=500",
];

/// How long filtered lists of operators take.
pub fn lists(person: &Person) -> Vec<Option<Duration>> {
    let ask = |filter: &&str| {
        thread::sleep(PAUSE);
        let began = Instant::now();
        person.ask(&format!("/operators{}", escaped(filter))).map(|_| began.elapsed())
    };
    FILTERS.iter().cycle().take(FILTERS.len() * TRIES).map(ask).collect()
}

/// From an answer that somebody gives until the next person's page shows it: so many answers, one after the other.
pub fn answers(officer: &Person, next: &Person, count: usize) -> Vec<Option<Duration>> {
    let changes = next.listen();
    let path = format!("/warnings?open=true&state=new&order=newest&limit={count}");
    let warnings = officer.column(&path, "warnings", "warning_id");
    let duty = |id: &String| Some((id.clone(), acknowledging(officer, id)?));
    let answers: Vec<_> = warnings.iter().filter_map(duty).collect();
    assert!(!answers.is_empty(), "there is nothing to answer");
    answers.iter().map(|(id, duty)| answered(officer, next, &changes, id, duty)).collect()
}

/// The duty in which somebody may acknowledge a warning.
fn acknowledging(officer: &Person, id: &str) -> Option<Value> {
    let warning = officer.ask(&format!("/warnings/{id}"))?;
    let mut actions = warning["actions"].as_array()?.iter();
    actions.find(|possible| possible["action"] == "acknowledged").map(|possible| possible["duty"].clone())
}

fn answered(
    officer: &Person,
    next: &Person,
    changes: &Receiver<Vec<String>>,
    id: &String,
    duty: &Value,
) -> Option<Duration> {
    let path = format!("/warnings/{id}");
    // An id that nobody else made.
    let answer = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{id} {}", Timestamp::now()).as_bytes());
    let began = Instant::now();
    officer.post(
        &format!("{path}/answers"),
        &json!({ "id": answer, "post": duty["post"], "role": duty["role"], "action": "acknowledged" }),
    );
    while began.elapsed() < SHOWN_WITHIN {
        if gathered(changes, SHOWN_WITHIN).contains(id)
            && next.ask(&path).is_some_and(|page| page["summary"]["state"] == "acknowledged")
        {
            return Some(began.elapsed());
        }
    }
    None
}

/// What warnings waited for while events come on schedule.
pub struct Shown {
    /// Until a consumer of the topic had them.
    pub readable: Vec<Latency>,
    /// From their record on until the console's list had them.
    pub listed: Vec<Option<Duration>>,
}

/// Lets events come on schedule, with planted incidents among them, while somebody looks at the list of warnings.
pub fn warnings(site: &mut Site<'_>, person: &Person) -> Shown {
    let changes = person.listen();
    let is_over = &AtomicBool::new(false);
    let (paced, listed) = thread::scope(|scope| {
        let looking = scope.spawn(move || look(person, &changes, is_over));
        let paced = site.pace(PACE);
        thread::sleep(LAST);
        is_over.store(true, Ordering::Relaxed);
        (paced, looking.join().expect("somebody looks"))
    });
    let listed_at = |warning: &(String, i64)| {
        let shown = listed.get(&warning.0)?.iter();
        shown.filter(|(sequence, _)| *sequence >= warning.1).map(|(_, at)| *at).min()
    };
    let waited = paced.iter().map(|paced| {
        let seen = paced.seen.as_ref()?;
        Some(listed_at(&seen.warning)?.saturating_duration_since(seen.sent))
    });
    Shown { listed: waited.collect(), readable: paced.iter().map(Paced::latency).collect() }
}

/// When the list had which events of which warnings.
fn look(
    person: &Person,
    changes: &Receiver<Vec<String>>,
    is_over: &AtomicBool,
) -> BTreeMap<String, Vec<(i64, Instant)>> {
    let mut listed: BTreeMap<String, Vec<(i64, Instant)>> = BTreeMap::new();
    while !is_over.load(Ordering::Relaxed) {
        if gathered(changes, GATHER).is_empty() {
            continue;
        }
        let Some(page) = person.ask("/warnings?open=true&order=newest&limit=200") else { continue };
        let now = Instant::now();
        for warning in page["warnings"].as_array().into_iter().flatten() {
            if let (Some(id), Some(sequence)) = (warning["warning_id"].as_str(), warning["sequence"].as_i64()) {
                listed.entry(id.to_owned()).or_default().push((sequence, now));
            }
        }
    }
    listed
}

/// The warnings that change within a moment from the next change on; none if there is none within `patience`.
fn gathered(changes: &Receiver<Vec<String>>, patience: Duration) -> Vec<String> {
    let Ok(mut warnings) = changes.recv_timeout(patience) else { return Vec::new() };
    thread::sleep(GATHER);
    warnings.extend(changes.try_iter().flatten());
    warnings
}

/// A query as it stands in an address.
fn escaped(query: &str) -> String {
    let escape = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    query.bytes().map(escape).collect()
}
