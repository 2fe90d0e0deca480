//! 200 people at the console, played by `oha`: each opens something every ten seconds, whether the last answer has come or
//! not, and keeps the stream of changes open.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common;
use crate::person::Person;
use crate::site::signal;

/// Accounts that share the people: an account may ask 50 times a second.
pub const ACCOUNTS: usize = 4;
/// People of an account, each with two connections.
const PEOPLE_OF_AN_ACCOUNT: usize = 50;
/// Requests a second of the people of an account.
const RATE_OF_AN_ACCOUNT: usize = PEOPLE_OF_AN_ACCOUNT / 10;
/// People altogether.
pub const PEOPLE: usize = ACCOUNTS * PEOPLE_OF_AN_ACCOUNT;
/// Their requests a second.
pub const RATE: usize = ACCOUNTS * RATE_OF_AN_ACCOUNT;

/// Operators and warnings whose pages are opened.
const OPENED: usize = 50;
/// Lists, which are opened as often as the pages of operators.
const LISTS: [&str; 6] = [
    "/situation",
    "/inbox",
    "/warnings?open=true",
    "/operators?level=red",
    "/operators?q=%E9%A4%90%E5%8E%85",
    "/operators?q=gml&business_form=canteen",
];

/// People who are using it.
pub struct Crowd {
    asking: Vec<(Child, PathBuf)>,
    listening: Vec<Child>,
    since: Instant,
}

/// What the people met.
#[derive(Default)]
pub struct Visits {
    /// Requests that were due.
    pub due: f64,
    /// From the instant at which somebody was due to ask until the answer was there.
    pub latencies: Vec<Duration>,
    /// Answers that were no success.
    pub failures: usize,
    /// How long they stayed.
    pub stayed: Duration,
    /// What playing them took of the processors.
    pub played: Duration,
}

impl Crowd {
    /// Sends the people of some accounts in.
    pub fn enter(accounts: &[Person], folder: &Path) -> Self {
        let addresses = folder.join("addresses");
        std::fs::write(&addresses, opened(&accounts[0])).expect("the folder is ours");
        let addresses = addresses.to_str().expect("a temporary folder has a plain name");
        let rate = RATE_OF_AN_ACCOUNT.to_string();
        let (mut asking, mut listening) = (Vec::new(), Vec::new());
        for (number, account) in accounts.iter().enumerate() {
            let seen = folder.join(format!("visits-{number}.csv"));
            let told = Stdio::from(File::create(&seen).expect("the folder is ours"));
            let paced = ["-q", &rate, "--latency-correction", "--urls-from-file", addresses];
            asking.push((play(account, &paced, told), seen));
            listening.push(play(account, &[&account.url("/events")], Stdio::null()));
        }
        Self { asking, listening, since: Instant::now() }
    }

    /// Sends them home; gives what they met.
    pub fn leave(mut self) -> Visits {
        let stayed = self.since.elapsed();
        let due = stayed.as_secs_f64() * RATE as f64;
        let mut visits = Visits { due, stayed, ..Visits::default() };
        for (oha, seen) in &mut self.asking {
            visits.played += common::process::processor_time(&oha.id().to_string()).unwrap_or_default();
            // Then it says what it has seen.
            signal("INT", oha);
            assert!(oha.wait().is_ok_and(|status| status.success()), "`oha` failed");
            visits.read(&std::fs::read_to_string(seen).expect("it has written"));
        }
        for oha in &self.listening {
            visits.played += common::process::processor_time(&oha.id().to_string()).unwrap_or_default();
        }
        visits
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for oha in self.asking.iter_mut().map(|(oha, _)| oha).chain(&mut self.listening) {
            let _ = oha.kill();
            let _ = oha.wait();
        }
    }
}

impl Visits {
    /// Adds those of another round.
    pub fn add(&mut self, other: Self) {
        self.due += other.due;
        self.latencies.extend(other.latencies);
        self.failures += other.failures;
        self.stayed += other.stayed;
        self.played += other.played;
    }

    /// Adds the lines of a run of `oha`.
    fn read(&mut self, csv: &str) {
        let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let head = lines.next().expect("a line with the names of columns");
        let column = |name: &str| head.iter().position(|each| *each == name).expect("a column of `oha`");
        let (took, status) = (column("request-duration"), column("status"));
        for line in lines {
            if line[status] == "200" {
                self.latencies.push(Duration::from_secs_f64(line[took].parse().expect("seconds")));
            } else {
                self.failures += 1;
            }
        }
    }
}

/// The people of an account, until they are sent home.
fn play(account: &Person, arguments: &[&str], told: Stdio) -> Child {
    let mut command = Command::new("oha");
    command.args(["--no-tui", "--output-format", "csv", "-z", "1h", "-c", &PEOPLE_OF_AN_ACCOUNT.to_string()]);
    command.args(["-H", &account.header()]).args(arguments).stdout(told).stderr(Stdio::null());
    command.spawn().expect("`oha` is there: `.ci/setup bench` installs it, and `make bench` finds it")
}

/// The addresses that people open, one a line, of which `oha` takes any: what pages of lists, operators and warnings ask
/// for. Two in five of them make the console ask the engine.
fn opened(person: &Person) -> String {
    let operators = person.column(&format!("/operators?limit={OPENED}"), "operators", "operator_id");
    let warnings = person.column(&format!("/warnings?open=true&limit={OPENED}"), "warnings", "warning_id");
    assert!(!operators.is_empty() && !warnings.is_empty(), "there is nothing to look at");
    let lists = LISTS.map(str::to_owned).into_iter().cycle().take(OPENED);
    let files = ["", "/timeline", "/explanation"];
    let files = operators.iter().flat_map(|id| files.map(|part| format!("/operators/{id}{part}")));
    let warnings = warnings.iter().cycle().take(OPENED).map(|id| format!("/warnings/{id}"));
    lists.chain(files).chain(warnings).map(|path| person.url(&path) + "\n").collect()
}
