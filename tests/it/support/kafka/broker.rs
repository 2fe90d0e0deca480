//! Brokers as processes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::statistics::Statistics;
use rdkafka::{Offset, TopicPartitionList};
use tempfile::TempDir;

// By relative paths: `benches/load` has these files too.
use super::super::mark::{Need, check_mark};
use super::super::port::free_port;
use super::{PATIENCE, eventually};

/// The shared broker's address. The first caller starts the broker and the others wait.
pub fn bootstrap() -> &'static str {
    static BROKER: OnceLock<Shared> = OnceLock::new();
    check_mark(Need::Kafka);
    &BROKER.get_or_init(Shared::start).address
}

struct Shared {
    address: String,
    /// Open for as long as this process lives.
    _process: Option<Process>,
}

impl Shared {
    fn start() -> Self {
        let Some(address) = given() else {
            let folder = folder().keep();
            let (ports, process) = launch_anywhere(&folder);
            return Self { address: ports.address(), _process: Some(process) };
        };
        wait_until_ready(&address, None)
            .unwrap_or_else(|problem| panic!("YUJING_TEST_KAFKA={address} does not answer: {problem}"));
        Self { address, _process: None }
    }
}

/// A broker that a test may kill, and start again at the same address with what it had.
pub struct PrivateBroker {
    folder: TempDir,
    ports: Ports,
    process: Option<Process>,
}

impl PrivateBroker {
    /// None where tests were given a broker.
    pub fn start() -> Option<Self> {
        Self::with_more_settings("")
    }

    /// With these settings beside the usual ones.
    pub fn with_more_settings(settings: &str) -> Option<Self> {
        if is_given() {
            return None;
        }
        let folder = folder();
        std::fs::write(folder.path().join("more.properties"), settings).expect("written");
        let (ports, process) = launch_anywhere(folder.path());
        Some(Self { folder, ports, process: Some(process) })
    }

    /// With all of these settings, in which `{port}`, `{controller}` and `{folder}` stand for what it gets.
    pub fn with_settings(settings: &str) -> Option<Self> {
        if is_given() {
            return None;
        }
        let (folder, ports) = (folder(), Ports::find());
        let settings = settings
            .replace("{port}", &ports.clients.to_string())
            .replace("{controller}", &ports.controller.to_string())
            .replace("{folder}", &folder.path().display().to_string());
        std::fs::write(folder.path().join("server.properties"), settings).expect("written");
        let process = launch(folder.path(), ports).unwrap_or_else(|problem| panic!("{problem}"));
        Some(Self { folder, ports, process: Some(process) })
    }

    pub fn address(&self) -> String {
        self.ports.address()
    }

    /// Kills it with SIGKILL. Its data stays.
    ///
    /// First the end of every transaction must stand in every partition. Kafka 4.3.1 ends a transaction by a mark in
    /// each, a moment after it answered the client; a broker without another beside it that is killed between the two
    /// leaves the marks out when it is back, because it has no leader to send them to ("these partitions are likely
    /// deleted already and hence can be skipped"), and the partition is held back for ever.
    pub fn kill(&mut self) {
        let marks = Marks::over(&self.address());
        eventually("every transaction has its marks", || marks.all_there().then_some(()));
        self.process.take().expect("it runs").kill();
    }

    /// Holds it: connections stay open, and nothing is answered.
    pub fn hold(&self) {
        self.signal("STOP");
    }

    /// Lets it go on after [`PrivateBroker::hold`].
    pub fn release(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let broker = std::fs::read_to_string(self.folder.path().join("broker.pid")).expect("run.sh wrote it");
        let done = Command::new("kill").args([&format!("-{name}"), broker.trim()]).status().expect("kill runs");
        assert!(done.success());
    }

    pub fn start_again(&mut self) {
        let process = launch(self.folder.path(), self.ports).unwrap_or_else(|problem| panic!("{problem}"));
        self.process = Some(process);
    }
}

/// Looks at every partition of a broker, those of its own topics too, for transactions that have no mark at their end.
struct Marks {
    consumer: BaseConsumer<Ends>,
}

impl Marks {
    fn over(address: &str) -> Self {
        let consumer: BaseConsumer<Ends> = ClientConfig::new()
            .set("bootstrap.servers", address)
            .set("group.id", "marks")
            .set("fetch.wait.max.ms", "20")
            .set("statistics.interval.ms", "100")
            .create_with_context(Ends::default())
            .expect("a consumer");
        let metadata = consumer.fetch_metadata(None, PATIENCE).expect("metadata");
        let mut all = TopicPartitionList::new();
        for topic in metadata.topics() {
            for partition in topic.partitions() {
                all.add_partition_offset(topic.name(), partition.id(), Offset::End).expect("a valid offset");
            }
        }
        consumer.assign(&all).expect("assigned");
        Self { consumer }
    }

    fn all_there(&self) -> bool {
        self.consumer.poll(Duration::ZERO);
        self.consumer.context().0.load(Ordering::Relaxed)
    }
}

/// Whether every partition was looked at, and no record stands behind an open transaction.
#[derive(Default)]
struct Ends(AtomicBool);

impl ClientContext for Ends {
    fn stats(&self, statistics: Statistics) {
        let mut partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
        // Partition -1 stands for those that are not known yet.
        let closed = partitions.all(|it| it.partition < 0 || (it.ls_offset >= 0 && it.ls_offset == it.hi_offset));
        self.0.store(closed && !statistics.topics.is_empty(), Ordering::Relaxed);
    }
}

impl ConsumerContext for Ends {}

/// `run.sh` with a broker. When the lifeline closes, it kills the broker and removes its folder.
struct Process {
    child: Child,
    lifeline: ChildStdin,
}

impl Process {
    fn kill(mut self) {
        self.lifeline.write_all(b"keep").expect("run.sh listens");
        drop(self.lifeline);
        self.child.wait().expect("run.sh ends");
    }
}

/// Where a broker listens.
#[derive(Debug, Clone, Copy)]
struct Ports {
    clients: u16,
    controller: u16,
}

impl Ports {
    fn address(self) -> String {
        format!("127.0.0.1:{}", self.clients)
    }

    fn find() -> Self {
        Self { clients: free_port(), controller: free_port() }
    }
}

/// The broker that tests were given.
fn given() -> Option<String> {
    std::env::var("YUJING_TEST_KAFKA").ok()
}

/// Whether tests were given a broker, and so need not have what it takes to start one. Says that a test is left out.
pub fn is_given() -> bool {
    check_mark(Need::Kafka);
    let is_given = given().is_some();
    if is_given {
        println!("left out: YUJING_TEST_KAFKA is set, and this test needs Kafka's jars");
    }
    is_given
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("yujing-kafka-").tempdir().expect("a temporary folder")
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kafka")
}

/// The folder with the broker's jars, fetched if need be.
pub fn jars() -> PathBuf {
    let output = Command::new("sh").arg(scripts().join("fetch.sh")).output().expect("sh runs");
    assert!(output.status.success(), "no Kafka to test with:\n{}", String::from_utf8_lossy(&output.stderr));
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("jars")
}

fn launch_anywhere(folder: &Path) -> (Ports, Process) {
    let mut problem = String::new();
    // A port found free can be taken by another process before the broker binds it: then try others.
    for _ in 0..3 {
        let ports = Ports::find();
        match launch(folder, ports) {
            Ok(process) => return (ports, process),
            Err(reason) => problem = reason,
        }
    }
    panic!("the test broker did not start: {problem}");
}

/// Starts a broker with what is in the folder and waits until it answers.
fn launch(folder: &Path, ports: Ports) -> Result<Process, String> {
    check_mark(Need::Kafka);
    std::fs::create_dir_all(folder).expect("created");
    let mut child = Command::new("sh")
        .arg(scripts().join("run.sh"))
        .arg(jars())
        .arg(folder)
        .args([ports.clients.to_string(), ports.controller.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh runs");
    let lifeline = child.stdin.take().expect("piped");
    wait_until_ready(&ports.address(), Some(&mut child)).map_err(|problem| {
        let log = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        format!("{problem}\n{}\n{}", log("format.log"), log("broker.log"))
    })?;
    Ok(Process { child, lifeline })
}

/// Waits until the broker answers metadata requests: an open port is not a ready broker.
fn wait_until_ready(address: &str, mut child: Option<&mut Child>) -> Result<(), String> {
    let began = Instant::now();
    let client: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", address).set("log_level", "0").create().expect("a client");
    loop {
        match client.fetch_metadata(None, Duration::from_secs(2)) {
            Ok(metadata) if !metadata.brokers().is_empty() => return Ok(()),
            outcome if began.elapsed() > PATIENCE => {
                return Err(format!("not ready in {PATIENCE:?}: {:?}", outcome.err()));
            }
            _ => {}
        }
        if let Some(child) = child.as_deref_mut()
            && let Ok(Some(status)) = child.try_wait()
        {
            return Err(format!("it ended with {status}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
