//! `yujing.toml`: typed, documented in `deploy/yujing.toml`, checked at start. Layers, later wins: defaults, the file,
//! the environment (`YUJING__SECTION__KEY`), flags. Unknown keys are refused.
//!
//! - [`layers`]: defaults, file and environment, one over the other; [`variable`]: one of the environment
//! - `key`: which keys there are; [`origin`]: where the value of each came from
//! - [`limits`]: what no type can say
//! - [`bucket`]: where photographs are
//! - [`oidc`]: the office's identity provider
//! - [`property`]: librdkafka properties and the secrets among them; [`token`]: bearer tokens; `mask` keeps these out of
//!   messages

#![warn(unused_crate_dependencies)]

mod bucket;
mod key;
mod layers;
mod limits;
mod mask;
pub mod oidc;
mod origin;
pub mod property;
pub mod token;
mod variable;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::fmt::serde::duration::friendly::compact::required as friendly;
use serde::{Deserialize, Serialize};
use yujing_base::parallel;

pub use bucket::bucket;
pub use oidc::Oidc;
pub use property::LEAST_MESSAGE;

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub kafka: Kafka,
    pub topics: Topics,
    pub engine: Engine,
    pub paths: Paths,
    pub server: Server,
    pub notify: Notify,
    pub console: Console,
    pub log: Log,
}

/// How to reach Kafka.
#[derive(Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kafka {
    pub bootstrap_servers: String,
    /// The consumer group, and the prefix of the transactional id.
    pub group_id: String,
    /// Any librdkafka property, passed through to every client: `"security.protocol" = "SSL"`. A value `file:PATH` is
    /// read from a file, `env:NAME` from the environment, so that secrets stay out of this file.
    pub properties: BTreeMap<String, String>,
}

/// Names and shapes of topics.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Topics {
    /// Topic by source name, where it differs from the schema's `x-topic`.
    pub inputs: BTreeMap<String, String>,
    pub scores: String,
    pub warnings: String,
    /// Warnings of candidates that are only tried.
    pub shadow_warnings: String,
    /// What adds up over areas.
    pub areas: String,
    pub rulesets: String,
    /// Dead letters of an input topic go to the topic's name with this behind it.
    pub dead_letter_suffix: String,
    /// Partitions of inputs, scores and warnings: the same for all, because they are co-partitioned by operator.
    pub partitions: i32,
    pub replication_factor: i32,
    /// Publishers that have series of their own in the metrics, however many others there are.
    pub publishers: Vec<String>,
    /// Sources whose topics may bear the publishers' timestamps (`CreateTime`) while the clock is the wall's.
    pub accept_create_time: Vec<String>,
}

/// Whose time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Live: time passes by the wall clock.
    Wall,
    /// History: time passes by record timestamps, and partitions are merged by timestamp.
    Log,
}

/// How the engine batches and sweeps.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    pub clock: Clock,
    /// Most records in one batch, and so in one transaction.
    pub max_batch_records: usize,
    /// How long the first record of a batch waits for others.
    #[serde(serialize_with = "friendly")]
    pub batch_linger: SignedDuration,
    /// Every operator is gone through at least this often: coverage in scores, and a check of kept features.
    #[serde(serialize_with = "friendly")]
    pub sweep_interval: SignedDuration,
    /// Operators woken, or gone through by a sweep, in one step.
    pub sweep_chunk: usize,
    /// On how many threads operators are decided, which changes nothing of what is decided; 0: one a core.
    pub threads: usize,
    /// A Kafka transaction that takes longer than this is given up: the engine drops its memory, restores and goes on.
    #[serde(serialize_with = "friendly")]
    pub transaction_timeout: SignedDuration,
    /// Whether a change under `paths.rules` is taken without being asked for.
    pub watch_rules: bool,
    /// Candidates, which judge what the ruleset in force judges: a folder of rules by name.
    pub shadow: BTreeMap<String, PathBuf>,
}

/// Folders of the two audiences.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    pub schemas: PathBuf,
    pub rules: PathBuf,
}

/// The HTTP endpoints.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Loopback by default; beyond it there must be tokens.
    pub listen: SocketAddr,
    /// Names under which it is asked, in addition to `localhost` and addresses.
    pub hosts: Vec<String>,
    /// Bearer tokens that may read: `file:PATH`, `env:NAME` or `sha256:HEX` each.
    pub read_tokens: Vec<String>,
    /// Bearer tokens that may also change the ruleset.
    pub reload_tokens: Vec<String>,
}

/// `yujing notify`, the process that tells posts of warnings.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Channels, and which post is reached through which.
    pub file: PathBuf,
    /// Its endpoints for machines that watch.
    pub listen: SocketAddr,
}

/// `yujing console`, the process that serves pages to people.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// Where the pages are served.
    pub listen: SocketAddr,
    /// Folder of its databases.
    pub data: PathBuf,
    /// Certificate and key in PEM, for TLS; empty paths for none.
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    /// The address under which people open it; when it begins with `https://`, cookies go over TLS only.
    pub public_url: String,
    /// Where the engine's own API is.
    pub engine: String,
    /// The rules folder that analysts may change on the pages: the engine's own `paths.rules`. Empty: they may not.
    pub rules: PathBuf,
    /// The candidate of `engine.shadow` into whose folder changes are put that are tried live.
    pub candidate: String,
    /// Proxies whose `x-forwarded-for` says who asks.
    pub trusted_proxies: Vec<IpAddr>,
    /// The token that it shows there: `file:PATH` or `env:NAME`; empty for none.
    pub engine_token: String,
    /// Where photographs of answers are: a folder, or `s3://BUCKET/PREFIX`. Empty: none can be attached.
    pub attachments: String,
    /// The address of an object store like S3 that is not Amazon's; empty for Amazon's, or as the environment says.
    pub attachments_endpoint: String,
    /// Its region; empty as the environment says.
    pub attachments_region: String,
    /// The largest photograph, in bytes.
    pub attachment_max_bytes: u64,
    /// Most photographs of one answer.
    pub attachments_per_answer: usize,
    /// Areas of sub-districts as GeoJSON, drawn on the page of the situation; empty: there is no map.
    pub map: PathBuf,
    pub oidc: Oidc,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Logging to standard error.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    /// A `tracing` filter such as `info` or `yujing=debug,rdkafka=warn`.
    pub filter: String,
}

impl Engine {
    /// On how many threads operators are decided.
    pub fn threads(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.threads).unwrap_or_else(parallel::cores)
    }
}

impl Server {
    /// Whether other machines reach it, and no token is asked for.
    pub fn is_open(&self) -> bool {
        let has_none = self.read_tokens.is_empty() && self.reload_tokens.is_empty();
        has_none && !self.listen.ip().to_canonical().is_loopback()
    }
}

/// Property values may be secrets: only their names are shown.
impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("group_id", &self.group_id)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            bootstrap_servers: "127.0.0.1:9092".to_owned(),
            group_id: "yujing".to_owned(),
            properties: BTreeMap::new(),
        }
    }
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            inputs: BTreeMap::new(),
            scores: "foodsafety.operator.score.v1".to_owned(),
            warnings: "foodsafety.operator.warning.v1".to_owned(),
            shadow_warnings: "foodsafety.operator.warning.shadow.v1".to_owned(),
            areas: "foodsafety.area.rollup.v1".to_owned(),
            rulesets: "foodsafety.ruleset.published.v1".to_owned(),
            dead_letter_suffix: ".dlq".to_owned(),
            partitions: 4,
            replication_factor: 1,
            publishers: Vec::new(),
            accept_create_time: Vec::new(),
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            clock: Clock::Wall,
            max_batch_records: 2_000,
            batch_linger: SignedDuration::from_millis(5),
            sweep_interval: SignedDuration::from_hours(1),
            sweep_chunk: 256,
            threads: 0,
            transaction_timeout: SignedDuration::from_secs(30),
            watch_rules: true,
            shadow: BTreeMap::new(),
        }
    }
}

impl Default for Paths {
    fn default() -> Self {
        Self { schemas: "schemas".into(), rules: "rules".into() }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9464)),
            hosts: Vec::new(),
            read_tokens: Vec::new(),
            reload_tokens: Vec::new(),
        }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self { file: "deploy/notify.toml".into(), listen: SocketAddr::from(([127, 0, 0, 1], 9465)) }
    }
}

impl Default for Console {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9466)),
            data: "data/console".into(),
            tls_certificate: PathBuf::new(),
            tls_key: PathBuf::new(),
            public_url: "http://127.0.0.1:9466".to_owned(),
            engine: "http://127.0.0.1:9464".to_owned(),
            rules: PathBuf::new(),
            candidate: "studio".to_owned(),
            trusted_proxies: Vec::new(),
            engine_token: String::new(),
            attachments: String::new(),
            attachments_endpoint: String::new(),
            attachments_region: String::new(),
            attachment_max_bytes: 10 * 1024 * 1024,
            attachments_per_answer: 9,
            map: PathBuf::new(),
            oidc: Oidc::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}
