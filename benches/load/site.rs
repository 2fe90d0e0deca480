//! One engine with its topics, its publisher and its history.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use yujing_config::Config;
use yujing_core::source::Sources;
use yujing_workbench::synthetic::{Background, District};

use crate::kafka::{bootstrap, unique};
use crate::port::free_port;
use crate::probe::{Place, Probe, Seen};
use crate::results::{Answer, Drain, Latency, Start};
use crate::traffic::{Publisher, Traffic};
use crate::{Plan, common, machine, tell};

/// How long a start may take, and the engine over a backlog: generous, a slow machine is no failure.
const PATIENCE: Duration = Duration::from_mins(15);
/// How long after the last event a warning is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The group forgets a member that is silent for 15 seconds.
const LONGEST_STOP: Duration = Duration::from_secs(10);

/// A planted incident that was due at an instant, and the warning that answered it.
pub struct Paced {
    pub due: Instant,
    pub seen: Option<Seen>,
}

impl Paced {
    /// What it had to wait for.
    pub fn latency(&self) -> Latency {
        let Seen { sent, read, .. } = self.seen.as_ref()?;
        Some(Answer { sent: *sent - self.due, read: *read - self.due })
    }
}

pub struct Site<'a> {
    pub days: i64,
    /// Events of the history, without the operators' reference rows.
    pub retained: u64,
    pub config: Config,
    pub sources: Arc<Sources>,
    plan: Plan,
    traffic: Traffic<'a>,
    publisher: Publisher,
    probe: Probe,
    engine: Child,
    folder: TempDir,
}

impl<'a> Site<'a> {
    /// Topics, history and an engine that has caught up with it.
    pub fn open(plan: Plan, days: i64, district: &'a District, now: Timestamp) -> Self {
        let sources = common::schemas();
        let config = configuration(&sources);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = toml::to_string(&config).expect("a configuration can be written");
        std::fs::write(folder.path().join("yujing.toml"), file).expect("the folder is ours");
        let created = command(&folder, "topics").arg("--create").output().expect("the program runs");
        assert!(created.status.success(), "no topics: {}", String::from_utf8_lossy(&created.stderr));

        let mut publisher = Publisher::new(&config, &sources);
        let from = now - SignedDuration::from_hours(24 * days);
        let cameras = plan.events_a_day - common::OTHER_EVENTS_A_DAY;
        for planned in common::operators(district, from) {
            publisher.send(planned.source, &planned.operator_id, common::json(&planned.document));
        }
        let mut retained = 0;
        for planned in Background::new(district, common::SEED, cameras, from, now) {
            publisher.send(planned.source, &planned.operator_id, common::json(&planned.document));
            retained += 1;
        }
        publisher.wait_until_confirmed();
        tell(&format!("{days} days: {retained} events are published"));

        let began = Instant::now();
        let engine = start(&folder);
        let probe = Probe::new(&config, &sources);
        let traffic = Traffic::new(district, cameras, now);
        let mut site = Self { days, retained, config, sources, plan, traffic, publisher, probe, engine, folder };
        site.wait_until("ready", |site| site.answer("/readyz").is_some().then_some(()));
        tell(&format!("{days} days: the engine is live after {:.1?}", began.elapsed()));
        site
    }

    /// Lets a backlog come while the engine is stopped, and measures how it is worked off.
    pub fn drain(&mut self) -> Drain {
        let backlog = self.traffic.usual(self.plan.backlog, self.plan.backlog_incidents);
        let (before, from) = (self.metrics(), self.probe.ends());
        self.probe.skip_outputs();
        signal("STOP", &self.engine);
        let stopped = Instant::now();
        let events = backlog.len();
        for event in backlog {
            self.publisher.send(event.source, &event.operator, event.document);
        }
        self.publisher.wait_until_confirmed();
        assert!(stopped.elapsed() < LONGEST_STOP, "the backlog took too long: the group forgot the engine");
        let ends = self.probe.ends();
        let processor_before = self.processor_time();
        signal("CONT", &self.engine);
        let began = Instant::now();
        self.wait_until("the backlog is committed", |site| (site.probe.committed() == ends).then_some(()));
        let took = began.elapsed();
        let processor =
            self.processor_time().zip(processor_before).map(|(after, earlier)| after.saturating_sub(earlier));
        let span = ends.into_iter().map(|(place, end)| (place.clone(), from[&place]..end)).collect();
        Drain { events, took, processor, before, after: self.metrics(), span, outputs: self.probe.outputs() }
    }

    /// Lets events come on schedule, so many a second, and watches for the warnings. Each is asked for
    /// from the instant at which its event was due, sent or not.
    pub fn pace(&mut self, rate: f64) -> Vec<Paced> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let events = (rate * self.plan.paced.as_secs_f64()) as usize;
        let events = self.traffic.certain(events, self.plan.paced_incidents);
        let asked: BTreeMap<String, usize> =
            events.iter().enumerate().filter_map(|(place, event)| Some((event.must_warn.clone()?, place))).collect();
        let began = Instant::now();
        let due = |place: usize| began + Duration::from_secs_f64(place as f64 / rate);
        let (publisher, probe) = (&mut self.publisher, &self.probe);
        let mut answers = std::thread::scope(|scope| {
            let deadline = due(events.len()) + ANSWER_WITHIN;
            let (asked, probe) = (&asked, probe);
            let watch = scope.spawn(move || probe.watch(asked, deadline));
            for (place, event) in events.into_iter().enumerate() {
                std::thread::sleep(due(place).saturating_duration_since(Instant::now()));
                publisher.send(event.source, &event.operator, event.document);
            }
            watch.join().expect("the reader reads")
        });
        asked.into_iter().map(|(event, place)| Paced { due: due(place), seen: answers.remove(&event) }).collect()
    }

    /// Stops the engine as its operator would, and starts it again: it reads its memory back from Kafka and scores everyone.
    pub fn restart(&mut self) -> Start {
        signal("TERM", &self.engine);
        let stopping = Instant::now();
        let ended = loop {
            if let Some(ended) = self.engine.try_wait().expect("it is ours") {
                break ended;
            }
            assert!(stopping.elapsed() < PATIENCE, "the engine does not stop: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(ended.success(), "the engine ended with {ended}: {}", self.log());
        let began = Instant::now();
        self.engine = start(&self.folder);
        self.wait_until("live again", |site| site.answer("/readyz"));
        let took = began.elapsed();
        Start { records: self.metrics()["yujing_restore_done_records"], took }
    }

    /// The most memory that the engine's process has had; `None` where the kernel does not tell.
    pub fn peak_memory(&self) -> Option<u64> {
        let peak = machine::field(&format!("/proc/{}/status", self.engine.id()), "VmHWM")?;
        Some(peak.trim_end_matches(" kB").parse::<u64>().ok()? * 1_024)
    }

    /// Where its configuration and logs are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program with its configuration.
    pub fn command(&self, subcommand: &str) -> Command {
        command(&self.folder, subcommand)
    }

    fn processor_time(&self) -> Option<Duration> {
        common::process::processor_time(&self.engine.id().to_string())
    }

    /// The values of all series by name and labels.
    fn metrics(&self) -> BTreeMap<String, f64> {
        let text = self.answer("/metrics").expect("the engine answers");
        let series = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
        series.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
    }

    /// What the engine's server answers, if it is a success.
    fn answer(&self, path: &str) -> Option<String> {
        let url = format!("http://{}{path}", self.config.server.listen);
        ureq::get(url).call().ok()?.body_mut().read_to_string().ok()
    }

    /// What the engine said so far.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn wait_until<T>(&mut self, what: &str, mut condition: impl FnMut(&Self) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = condition(self) {
                return found;
            }
            let ended = self.engine.try_wait().expect("it is ours");
            assert!(ended.is_none(), "the engine ended: {}", self.log());
            assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}; {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Site<'_> {
    fn drop(&mut self) {
        let _ = self.engine.kill();
        let _ = self.engine.wait();
    }
}

/// The defaults, with a group, topics and an address that nobody else has.
fn configuration(sources: &Sources) -> Config {
    let mut config = Config::default();
    bootstrap().clone_into(&mut config.kafka.bootstrap_servers);
    config.kafka.group_id = unique("load");
    config.topics.scores = unique("scores");
    config.topics.warnings = unique("warnings");
    config.topics.areas = unique("areas");
    config.topics.rulesets = unique("rulesets");
    config.topics.inputs = sources.iter().map(|(_, source)| (source.name.to_string(), unique(&source.name))).collect();
    config.server.listen = free_address();
    config
}

/// Where nobody listens.
pub fn free_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}

fn start(folder: &TempDir) -> Child {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).expect("the folder is ours");
    command(folder, "run").stderr(log).spawn().expect("the program starts")
}

/// Sends a process a signal.
pub fn signal(name: &str, process: &Child) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the process is not there");
}

fn command(folder: &TempDir, subcommand: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("--config").arg(folder.path().join("yujing.toml"));
    command.arg(subcommand).stdout(Stdio::null());
    command
}

/// What was to be read of each partition.
pub type Span = BTreeMap<Place, std::ops::Range<i64>>;
