//! What the console costs the engine beside which it runs, and what its people wait: the same work is done while the
//! console is stopped, while nobody is there, and while all of them are, in turn.

use std::time::Duration;

use jiff::Timestamp;
use yujing_workbench::synthetic::District;

use crate::console::Console;
use crate::crowd::{ACCOUNTS, Crowd, PEOPLE, RATE, Visits};
use crate::person::Person;
use crate::results::{Drain, Latency, median, percentile, thousands};
use crate::screens::{self, PACE};
use crate::site::{Paced, Site};
use crate::table::Row;
use crate::{Plan, common, tell};

/// Days of the history.
const DAYS: i64 = 9;
/// Backlogs worked off with nobody there in a round, each beside one while the console is stopped: of two of the same kind
/// one may cost the engine a half more than the other.
const TURNS: usize = 5;
/// How long the people are there before something is measured, so that caches are as warm as they stay.
const WARM: Duration = Duration::from_secs(5);
/// What the posts that answer are called, and in which role they do.
const STATIONS: (&str, &str) = ("station/", "officer");

/// Who is at the console.
struct People {
    /// Those of the crowd.
    accounts: Vec<Person>,
    /// Looks at lists and at what others have done.
    viewer: Person,
    /// Answers for every station.
    officer: Person,
}

/// What was measured.
#[derive(Default)]
struct Rounds {
    /// Backlogs worked off while the console is stopped, while nobody is there, and while all are.
    stopped: Vec<Drain>,
    alone: Vec<Drain>,
    crowded: Vec<Drain>,
    /// What warnings waited for on the topic, while it is stopped and while all are there.
    readable_stopped: Vec<Latency>,
    readable_crowded: Vec<Latency>,
    /// Until the list of warnings had them.
    listed: Vec<Option<Duration>>,
    answers: Vec<Option<Duration>>,
    /// Filtered lists, while nobody else is there and while all are.
    lists_alone: Vec<Option<Duration>>,
    lists_crowded: Vec<Option<Duration>>,
    visits: Visits,
    /// What the console's process used of the processors while all were there.
    used: Duration,
}

/// Measures it over a large district.
pub fn measure(plan: Plan, now: Timestamp) -> Vec<Row> {
    let district = District::generate(common::SEED, plan.crowded_operators);
    let mut site = Site::open(plan, DAYS, &district, now);
    let mut console = Console::beside(&site);
    let people = People::invited(&console, &site);
    let operators = people.viewer.get("/operators?limit=1")["total"].as_u64().unwrap_or_default();
    tell(&format!("the console shows {operators} operators"));
    let mut rounds = Rounds::default();
    for round in 1..=plan.rounds {
        rounds.measure(plan, &mut site, &mut console, &people);
        tell(&format!("round {round}, {PEOPLE} people: {} requests answered", rounds.visits.latencies.len()));
    }
    rounds.rows(operators)
}

impl People {
    fn invited(console: &Console, site: &Site<'_>) -> Self {
        let viewer = console.account(site, "viewer", "viewer", &[]);
        let posts = viewer.column("/posts", "posts", "id");
        let (kind, role) = STATIONS;
        let duties: Vec<String> =
            posts.iter().filter(|post| post.starts_with(kind)).map(|post| format!("{post}={role}")).collect();
        assert!(!duties.is_empty(), "no warning concerns a station");
        let officer = console.account(site, "officer", "officer", &duties);
        let account = |number: usize| {
            let duty = duties[number % duties.len()].clone();
            console.account(site, &format!("station-{number}"), "officer", &[duty])
        };
        Self { accounts: (0..ACCOUNTS).map(account).collect(), viewer, officer }
    }
}

impl Rounds {
    fn measure(&mut self, plan: Plan, site: &mut Site<'_>, console: &mut Console, people: &People) {
        console.hold();
        self.readable_stopped.extend(site.pace(PACE).iter().map(Paced::latency));
        for _ in 0..TURNS {
            console.hold();
            self.stopped.push(drain(site));
            console.release();
            console.wait_until_settled();
            self.alone.push(drain(site));
            console.wait_until_settled();
        }
        self.lists_alone.extend(screens::lists(&people.viewer));

        let (crowd, before) = (Crowd::enter(&people.accounts, site.folder()), console.processor_time());
        std::thread::sleep(WARM);
        self.crowded.push(drain(site));
        console.wait_until_settled();
        let shown = screens::warnings(site, &people.viewer);
        self.readable_crowded.extend(shown.readable);
        self.listed.extend(shown.listed);
        self.lists_crowded.extend(screens::lists(&people.viewer));
        self.answers.extend(screens::answers(&people.officer, &people.viewer, plan.answers));
        self.used += console
            .processor_time()
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before))
            .unwrap_or_default();
        self.visits.add(crowd.leave());
    }

    fn rows(&self, operators: u64) -> Vec<Row> {
        let scope = format!("console, {} operators", thousands(operators));
        let row = |what: &str, value: f64, decimals: usize, unit: &str| {
            Row::new(format!("{scope}: {what}"), format!("{value:.decimals$}"), unit)
        };
        let crowd = format!("{PEOPLE} people who ask {RATE} times a second");
        let processor = |drain: &Drain| drain.processor_an_event().unwrap_or(f64::NAN);
        let stopped = || self.stopped.iter().map(processor);
        let mut rows = vec![
            row("sustained while it is stopped", median(self.stopped.iter().map(Drain::rate)), 0, "events/s"),
            row("sustained, nobody there : stopped", ratio(&self.alone, &self.stopped, Drain::rate), 2, ""),
            row(&format!("sustained, {crowd} : stopped"), ratio(&self.crowded, &self.stopped, Drain::rate), 2, ""),
            row("engine's processor time for an event, stopped", median(stopped()), 1, "µs"),
            row("the least of any such backlog", stopped().fold(f64::INFINITY, f64::min), 1, "µs"),
            row("the most", stopped().fold(0.0, f64::max), 1, "µs"),
            row("processor time, nobody there : stopped", ratio(&self.alone, &self.stopped, processor), 2, ""),
            row(&format!("processor time, {crowd} : stopped"), ratio(&self.crowded, &self.stopped, processor), 2, ""),
        ];
        let read = |latencies: &[Latency]| {
            latencies.iter().copied().map(|answer| answer.map(|answer| answer.read)).collect::<Vec<_>>()
        };
        let paced = |what: &str| format!("at {PACE} events/s, {what}");
        let waits = [
            (paced("produce to readable warning, it is stopped"), read(&self.readable_stopped)),
            (paced(&format!("produce to readable warning, {PEOPLE} people")), read(&self.readable_crowded)),
            (paced(&format!("a warning's record to the list of warnings, {PEOPLE} people")), self.listed.clone()),
            (format!("an answer to the next person's page, {PEOPLE} people"), self.answers.clone()),
            ("a filtered list, nobody else there".to_owned(), self.lists_alone.clone()),
            (format!("a filtered list, {PEOPLE} people"), self.lists_crowded.clone()),
            (format!("a request of {PEOPLE} people"), self.visits.latencies.iter().copied().map(Some).collect()),
        ];
        for (what, latencies) in waits {
            let shown = || latencies.iter().copied().flatten();
            rows.extend(
                [50, 99].map(|percent| row(&format!("{what}, p{percent}"), percentile(shown(), percent), 0, "ms")),
            );
            let missed = latencies.len() - shown().count();
            if missed > 0 {
                rows.push(row(&format!("{what}, never"), missed as f64, 0, "times"));
            }
        }
        let Visits { due, latencies, failures, stayed, played } = &self.visits;
        let share = |used: &Duration| 100.0 * used.as_secs_f64() / stayed.as_secs_f64();
        rows.extend([
            row("requests answered well", 100.0 * latencies.len() as f64 / due, 1, "% of those due"),
            row("answers that were no success", *failures as f64, 0, "answers"),
            row("the console's process with all of them", share(&self.used), 0, "% of one core"),
            row("playing them", share(played), 0, "% of one core"),
        ]);
        rows
    }
}

/// A backlog worked off, without what the engine wrote, which nobody asks for here.
fn drain(site: &mut Site<'_>) -> Drain {
    Drain { outputs: Vec::new(), ..site.drain() }
}

/// The median of the one to that of the other.
fn ratio(of: &[Drain], to: &[Drain], what: impl Fn(&Drain) -> f64) -> f64 {
    median(of.iter().map(&what)) / median(to.iter().map(&what))
}
