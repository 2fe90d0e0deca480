//! `yujing demo`: everything on this machine, without Kafka: an embedded broker, a synthetic district, live warnings,
//! officials who answer them.
//!
//! - here: what happens
//! - `console`: its pages
//! - `rules`: a copy of the rules, which its analyst may change
//! - `summary`: what it came to

mod console;
mod rules;
mod summary;

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use rdkafka::message::Message as _;
use yujing_config::Config;
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::WarningEvent;
use yujing_demo::{AnswerReport, Broker, DetectionReport, ThrottledPublisher};
use yujing_kafka::{Clients, Reader, StartAt};
use yujing_live::reload::Origin;
use yujing_telemetry::{Metrics, logging};
use yujing_workbench::synthetic::{Background, District, Incident, Officials, PlannedEvent, plant};
use yujing_workbench::{rules_folder, schemas_folder};

use self::console::{ANALYST, APPROVER, DemoConsole, DemoLogin, OFFICIAL};
use self::summary::rate;
use super::generate::{Size, described_at};
use super::service::{Service, ServiceParts};
use super::warning_row::{self, WarningRow};
use super::{Context, Failure, Language, output, progress};

/// Everyday camera alerts a day during the history, and events a second while live.
const CAMERA_ALERTS_A_DAY: u32 = 1_000;
const LIVE_EVENTS_A_SECOND: u64 = 20;
/// One incident is planted every so often.
const INCIDENT_EVERY: Duration = Duration::from_secs(4);
/// How long officials take over a step at most, so that a minute shows whole answers.
const OFFICIALS_PACE: SignedDuration = SignedDuration::from_secs(4);
/// After this long without a warning, those of history have come.
const HISTORY_SILENCE: Duration = Duration::from_secs(2);
/// What was planted last gets this long to be found.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Arguments of `yujing demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// End after this long of live events, for example `60s` [default: until Ctrl-C]
    #[arg(long = "for", value_name = "TIME")]
    duration: Option<SignedDuration>,
    #[command(flatten)]
    size: Size,
    /// Address of the HTTP endpoints [default: `server.listen` of the configuration, another port if that is taken]
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

/// A running demo.
struct DemoRun<'a> {
    demo: &'a Demo,
    district: District,
    publisher: ThrottledPublisher,
    service: Service,
    warnings: mpsc::Receiver<Vec<u8>>,
    detections: DetectionReport,
    /// None where the rules say nothing of handling.
    officials: Option<Officials>,
    answers: AnswerReport,
}

impl Demo {
    /// # Errors
    /// If the engine cannot start or go on.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let mut config = context.config()?;
        // The broker ends with the demo: what its clients say about that is no news.
        "warn,rdkafka=off,librdkafka=off".clone_into(&mut config.log.filter);
        logging::init(&config.log)?;
        let sources = Arc::new(schemas_folder::load(&config.paths.schemas)?);
        let folder =
            tempfile::tempdir().map_err(|error| Failure::external(format!("no folder can be made: {error}")))?;
        let ruleset = Arc::new(rules_folder::load(&config.paths.rules, &sources)?);
        config.paths.rules = rules::copy(&config.paths.rules, folder.path())?;
        config.console.rules.clone_from(&config.paths.rules);
        config.console.attachments = folder.path().join("attachments").to_string_lossy().into_owned();
        let officials = self.officials(&ruleset);
        let origin = Origin::Built(ruleset);
        let broker = Broker::start(&config, &sources)
            .map_err(|error| Failure::external(format!("the embedded broker cannot start: {error}")))?;
        config.kafka.bootstrap_servers = broker.bootstrap_servers();
        config.kafka.properties.clear();
        // It stamps nothing itself.
        config.topics.accept_create_time = sources.iter().map(|(_, source)| source.name.to_string()).collect();
        let usual = config.server.listen;
        config.server.listen = self.listen.unwrap_or_else(|| free(usual));
        let config = Arc::new(config);
        let metrics = Arc::new(Metrics::new());
        let clients = Clients::new(&config.kafka)?;
        let warnings = follow(&clients, &config)?;
        let parts = ServiceParts {
            config: Arc::clone(&config),
            metrics: Arc::clone(&metrics),
            sources: Arc::clone(&sources),
            origin,
            language: self.lang,
            accept_gap: false,
            check_topics: false,
        };
        let service = Service::start(parts)?;
        let listen = service.address;
        let district = District::generate(self.size.seed, self.size.operators);
        let console = DemoConsole {
            config: &config,
            sources: &sources,
            metrics: &metrics,
            district: &district,
            folder: folder.path(),
            stop: service.stop.clone(),
        };
        let DemoLogin { address: pages, password } = console.start(&service)?;
        let publisher =
            ThrottledPublisher::new(&config, &sources, &clients.publisher(), metrics, service.stop.clone())?;
        if self.listen.is_none() && listen != usual {
            self.say(
                &format!("{usual} 已被占用，接口改用 {listen}"),
                &format!("{usual} is taken by another program: the endpoints are at {listen}"),
            )?;
        }
        self.say(
            &format!(
                "控制台 http://{pages}/ （用户名 {OFFICIAL}，口令 {password}；编写规则用 {ANALYST}，审批规则用 {APPROVER}，口令相同；仅在本次演示中有效）"
            ),
            &format!(
                "Console http://{pages}/ (name {OFFICIAL}, password {password}; {ANALYST} writes rules, {APPROVER} approves them, with the same password; they work in this demo only)"
            ),
        )?;
        self.say(
            &format!("合成数据演示（均为虚构）；接口 http://{listen}/metrics、/readyz、/api/v1/warnings"),
            &format!("Demo on synthetic data; endpoints http://{listen}/metrics, /readyz, /api/v1/warnings"),
        )?;
        let (detections, answers) = (DetectionReport::default(), AnswerReport::default());
        let mut run = DemoRun { demo: self, district, publisher, service, warnings, detections, officials, answers };
        let result = run.history().and_then(|()| run.live());
        run.service.stop.cancel();
        let ended = run.service.wait();
        result?;
        ended
    }

    fn officials(&self, ruleset: &Ruleset) -> Option<Officials> {
        let (routing, policy) = (ruleset.routing.clone()?, ruleset.handling.clone()?);
        Some(Officials::new(routing, policy, self.size.seed, OFFICIALS_PACE))
    }

    fn say(&self, zh: &str, en: &str) -> Result<(), Failure> {
        output::line(self.lang.pick(zh, en))
    }
}

/// The address, or one with a free port where another program listens there already.
fn free(usual: SocketAddr) -> SocketAddr {
    let other = || TcpListener::bind(SocketAddr::new(usual.ip(), 0)).and_then(|listener| listener.local_addr());
    match TcpListener::bind(usual) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => other().unwrap_or(usual),
        _ => usual,
    }
}

impl DemoRun<'_> {
    fn stopped(&self) -> bool {
        self.service.stop.is_cancelled()
    }

    /// Operators and history, as fast as the engine takes them.
    fn history(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        let until = Timestamp::now();
        let from = until
            .saturating_sub(SignedDuration::from_hours(24 * self.demo.size.days))
            .map_err(|error| out_of_range(&error))?;
        while !self.service.status.is_ready() && !self.stopped() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let background = Background::new(&self.district, self.demo.size.seed, CAMERA_ALERTS_A_DAY, from, until);
        let length = self.district.operators.len() as u64 + background.expected();
        let progress = progress::drawn(ProgressBar::new(length), "{bar:40} {human_pos}/{human_len}  {per_sec}  {eta}");
        for operator in &self.district.operators {
            let document = described_at(&operator.document, until);
            self.publisher.send("operators", &operator.operator_id, &document)?;
            progress.inc(1);
        }
        for event in background {
            if self.service.stop.is_cancelled() {
                return Ok(());
            }
            self.publisher.send(event.source, &event.operator_id, &event.document)?;
            progress.inc(1);
        }
        self.publisher.drain()?;
        progress.finish_and_clear();
        let (events, seconds) = (self.publisher.sent(), started.elapsed().as_secs_f64());
        let mut open = 0_u64;
        while let Ok(payload) = self.warnings.recv_timeout(HISTORY_SILENCE) {
            let row = WarningRow::parse(&payload).map_err(Failure::internal)?;
            self.detections.stands(row.operator_id(), row.level());
            open += 1;
        }
        let rate = rate(events, started.elapsed());
        self.demo.say(
            &format!("历史 {} 天，{events} 条记录，{seconds:.1} 秒（{rate:.0} 条/秒）；期间预警事件 {open} 件", self.demo.size.days),
            &format!(
                "{} days of history, {events} records in {seconds:.1} s ({rate:.0}/s); {open} warning events on the way",
                self.demo.size.days
            ),
        )
    }

    /// A live trickle with planted incidents, warnings as they come, and the summary.
    fn live(&mut self) -> Result<(), Failure> {
        let from = Timestamp::now();
        let for_long = self.demo.duration.map_or(Duration::from_hours(24 * 365), SignedDuration::unsigned_abs);
        let until = from.saturating_add(SignedDuration::from_hours(24 * 365)).map_err(|error| out_of_range(&error))?;
        let incidents = plant(&self.district, self.demo.size.seed, 400, from, until);
        let mut incidents = incidents.into_iter();
        let district = self.district.clone();
        let mut trickle = Background::new(&district, self.demo.size.seed + 1, CAMERA_ALERTS_A_DAY, from, until);
        let (sent_before, started) = (self.publisher.sent(), Instant::now());
        let (mut trickled, mut next_incident) = (0, Duration::ZERO);
        output::styled(&warning_row::header(self.demo.lang))?;
        while started.elapsed() < for_long && !self.stopped() {
            while trickled < started.elapsed().as_millis() * u128::from(LIVE_EVENTS_A_SECOND) / 1_000 {
                trickled += 1;
                if let Some(event) = trickle.next() {
                    self.send_now(&event)?;
                }
            }
            let time_left = started.elapsed() + LAST_WAIT < for_long;
            if started.elapsed() >= next_incident && time_left {
                next_incident += INCIDENT_EVERY;
                if let Some(incident) = incidents.next() {
                    self.plant(&incident)?;
                }
            }
            self.show_warnings(Duration::from_millis(20))?;
            self.answer()?;
        }
        self.publisher.drain()?;
        self.show_warnings(LAST_WAIT)?;
        self.summary(self.publisher.sent() - sent_before, started.elapsed())
    }

    fn plant(&mut self, incident: &Incident) -> Result<(), Failure> {
        let (zh, en) = incident.kind.title();
        self.demo.say(
            &format!("  ▶ 埋设：{zh}（{}）", incident.operator_id),
            &format!("  ▶ planted: {en} ({})", incident.operator_id),
        )?;
        for event in &incident.events {
            self.send_now(event)?;
        }
        self.detections.plant(incident, Timestamp::now());
        Ok(())
    }

    /// Publishes an event as if it had just been reported; what it says of when it happened is moved along.
    fn send_now(&mut self, event: &PlannedEvent) -> Result<(), Failure> {
        let mut document = event.document.clone();
        let moved_by = Timestamp::now().duration_since(event.at);
        for field in ["occurred_at", "reported_at", "sampled_at", "onset_at"] {
            let time = document.get(field).and_then(|value| value.as_str()?.parse::<Timestamp>().ok());
            if let Some(moved) = time.and_then(|at| at.checked_add(moved_by).ok()) {
                document.insert(field.to_owned(), moved.to_string().into());
            }
        }
        Ok(self.publisher.send(event.source, &event.operator_id, &document)?)
    }

    fn show_warnings(&mut self, wait: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + wait;
        while let Ok(payload) = self.warnings.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            let row = WarningRow::parse(&payload).map_err(Failure::internal)?;
            self.detections.warned(row.operator_id(), row.step(), row.level(), Timestamp::now());
            output::styled(&row.text(self.demo.lang))?;
            self.tell_officials(&payload)?;
        }
        Ok(())
    }

    /// Officials hear of warnings as everybody does: from the topic.
    fn tell_officials(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let Some(officials) = &mut self.officials else { return Ok(()) };
        let event: WarningEvent =
            serde_json::from_slice(payload).map_err(|error| Failure::internal(error.to_string()))?;
        officials.read(&event, Timestamp::now());
        self.answers.read(&event);
        Ok(())
    }

    /// Publishes what officials have to say by now.
    fn answer(&mut self) -> Result<(), Failure> {
        while let Some(answer) = self.officials.as_mut().and_then(|officials| officials.take_due(Timestamp::now())) {
            self.publisher.send(answer.source, &answer.operator_id, &answer.document)?;
        }
        Ok(())
    }
}

fn out_of_range(error: &jiff::Error) -> Failure {
    Failure::user(error.to_string())
}

/// Reads the warnings topic on a thread of its own, which ends with the process or when nobody listens.
fn follow(clients: &Clients, config: &Config) -> Result<mpsc::Receiver<Vec<u8>>, Failure> {
    let reader = Reader::for_command(clients, "demo")?;
    let mut cursor = reader.follow(&config.topics.warnings, StartAt::Beginning)?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        loop {
            // Whatever goes wrong, the next poll tries again.
            let Ok(Some(message)) = reader.poll(&mut cursor, Duration::from_millis(200)) else { continue };
            if sender.send(message.payload().unwrap_or_default().to_vec()).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}
