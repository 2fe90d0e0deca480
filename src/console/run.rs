//! All of it together: the topics followed on a thread of their own, pages and answers on a small runtime.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use yujing_config::{Config, token};
use yujing_core::source::Sources;
use yujing_kafka::Clients;
use yujing_live::reload::{Sandbox, sandbox};
use yujing_live::server::{Hosts, Limits, Tls, TlsFiles, Uploads, serve_routes};
use yujing_telemetry::console::ConsoleFailed;
use yujing_telemetry::{InternalEvent as _, Metrics};

use crate::access::Access;
use crate::attachments::Attachments;
use crate::dead_letters::DeadLetters;
use crate::engine::Engine;
use crate::engine_health::EngineWatch;
use crate::error::ConsoleError;
use crate::feed::Feed;
use crate::follower::Follower;
use crate::follower::topics::{FollowedTopics, dispositions};
use crate::http::cookie::CookieStyle;
use crate::http::proxies::TrustedProxies;
use crate::http::routes::router;
use crate::http::{Shared, Trials};
use crate::map::DistrictMap;
use crate::oidc::IdentityProvider;
use crate::outbox::Outbox;
use crate::proof::Prover;
use crate::read_model::ReadModel;
use crate::retrier::Retrier;
use crate::secret::hash_password;
use crate::status::Status;
use crate::store::Store;
use crate::store::invitation::NewAccount;
use crate::studio::examiner::Examiner;
use crate::studio::publisher::Publisher;
use crate::studio::shadow::ShadowReader;
use crate::studio::trials::TrialRunner;
use crate::studio::versions::Versions;
use crate::studio::{Bell, Studio};

/// How often it is looked for what nobody needs any more.
const PRUNING: Duration = Duration::from_hours(1);
/// How often the engine is asked whether it is ready.
const ENGINE_CHECK: Duration = Duration::from_secs(5);

/// People have pages open, each with a stream of its own: room for more than the engine's endpoints have.
const LIMITS: Limits = Limits {
    connections: 1_024,
    reserve: 16,
    head: Duration::from_secs(30),
    head_in_reserve: Duration::from_secs(1),
    // A draft that is checked on a busy machine: `src/console/studio`.
    answer: Duration::from_mins(1),
    taking: Duration::from_mins(1),
    // A photograph of 10 MB over a line of 0.5 Mbit/s.
    uploads: Some(Uploads { path_end: "/attachments", answer: Duration::from_mins(3) }),
};

/// What a console is made of.
#[derive(Debug)]
pub struct ConsoleParts {
    pub config: Arc<Config>,
    pub sources: Arc<Sources>,
    pub metrics: Arc<Metrics>,
    /// Where the databases are.
    pub folder: PathBuf,
    /// Where the engine's API is.
    pub engine: String,
    /// The accounts of a demo; elsewhere there is none that nobody made.
    pub demo: Vec<DemoAccount>,
    pub stop: CancellationToken,
}

/// An account that a demo has from the start.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    pub name: String,
    pub password: String,
    pub access: Access,
}

/// A running console.
#[derive(Debug)]
pub struct Console {
    /// Those that follow topics and publish rules.
    threads: Vec<JoinHandle<()>>,
    endpoints: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Console {
    /// Opens the databases, begins to follow the topics and to answer on `listener`. Kafka may be away.
    ///
    /// # Errors
    /// If the databases cannot be opened, or the configuration is refused.
    pub fn start(parts: ConsoleParts, listener: TcpListener, runtime: &Handle) -> Result<Self, ConsoleError> {
        let ConsoleParts { config, sources, metrics, folder, engine, demo, stop } = parts;
        let (store, read_model) = (Arc::new(Store::open(&folder)?), Arc::new(ReadModel::open(&folder)?));
        let file = &config.console.map;
        let map = if file.as_os_str().is_empty() { None } else { Some(Arc::new(DistrictMap::read(file)?)) };
        let attachments = Attachments::of(&config.console)?.map(Arc::new);
        let is_demo = !demo.is_empty();
        for account in demo {
            add(&store, account)?;
        }
        let (feed, status) = (Feed::new(), Status::new());
        let clients = Clients::new(&config.kafka)?;
        let topic = dispositions(&config.topics, &sources)?;
        let outbox = Outbox::new(&clients, topic, Arc::clone(&store), feed.clone(), Arc::clone(&metrics))?;
        let token =
            token::shown(&config.console.engine_token).map_err(|reason| ConsoleError::Token { reason: reason.en })?;
        let tls = tls(&config)?;
        let secure = config.console.public_url.starts_with("https://");
        let provider = IdentityProvider::of(&config.console.oidc, &config.console.public_url)?.map(Arc::new);
        let engine = Engine::new(&engine, token.as_deref());
        let studio = studio(&config, &sources, &metrics, &stop)?;
        let (approved, examinations, trials) = (Bell::default(), Bell::default(), Trials::default());
        let examiner = studio.as_ref().map(|studio| Examiner {
            studio: Arc::clone(studio),
            store: Arc::clone(&store),
            engine: engine.clone(),
            feed: feed.clone(),
            bell: examinations.clone(),
            metrics: Arc::clone(&metrics),
            stop: stop.clone(),
        });
        let publisher = studio.as_ref().map(|studio| Publisher {
            studio: Arc::clone(studio),
            store: Arc::clone(&store),
            engine: engine.clone(),
            feed: feed.clone(),
            bell: approved.clone(),
            metrics: Arc::clone(&metrics),
            stop: stop.clone(),
        });
        let runner = studio.as_ref().map(|studio| TrialRunner {
            config: Arc::clone(&config),
            program: studio.program().to_owned(),
            studio: Arc::clone(studio),
            store: Arc::clone(&store),
            feed: feed.clone(),
            bell: trials.bell.clone(),
            progress: trials.progress.clone(),
            metrics: Arc::clone(&metrics),
            stop: stop.clone(),
        });
        let dead_letters = DeadLetters::new(Arc::clone(&config), &sources);
        let shared = Shared {
            store: Arc::clone(&store),
            read_model: Arc::clone(&read_model),
            engine: engine.clone(),
            studio: studio.clone(),
            approved: approved.clone(),
            examinations: examinations.clone(),
            trials,
            shadows: Arc::new(ShadowReader::new(Arc::clone(&config), Arc::clone(&metrics), stop.clone())),
            versions: Arc::new(Versions::new(Arc::clone(&config), Arc::clone(&metrics), stop.clone())),
            engine_watch: Arc::new(EngineWatch::new(engine.clone())),
            map,
            prover: Arc::new(Prover::new(
                Arc::clone(&config),
                Arc::clone(&sources),
                Arc::clone(&metrics),
                stop.clone(),
            )),
            attachments: attachments.clone(),
            feed: feed.clone(),
            status: status.clone(),
            metrics: Arc::clone(&metrics),
            kept: outbox.bell(),
            cookies: CookieStyle { secure },
            provider,
            rates: Arc::default(),
            proxies: TrustedProxies::new(config.console.trusted_proxies.clone()),
            dead_letters: dead_letters.clone(),
            packed: Arc::default(),
            demo: is_demo,
            stop: stop.clone(),
        };
        let routes = router(shared, Hosts::new(&config.server.hosts));
        runtime.spawn(outbox.run(stop.clone()));
        runtime.spawn(feed.clone().run(stop.clone()));
        let retrier = Retrier {
            config: Arc::clone(&config),
            dead_letters,
            store: Arc::clone(&store),
            metrics: Arc::clone(&metrics),
            stop: stop.clone(),
        };
        runtime.spawn(prune(store, attachments, Arc::clone(&metrics), stop.clone()));
        runtime.spawn(watch_engine(engine, status.clone(), stop.clone()));
        if let Some(tls) = tls.clone() {
            runtime.spawn(tls.renew(Arc::clone(&metrics), stop.clone()));
        }
        let endpoints = runtime.spawn(serve_routes(listener, routes, Arc::clone(&metrics), LIMITS, tls, stop.clone()));
        let topics = FollowedTopics::of(&config.topics, &sources)?;
        let follower = Follower { config, topics, read_model, feed, status, metrics, stop };
        let mut threads =
            vec![thread("yujing-follower", move || follower.run())?, thread("yujing-retrier", move || retrier.run())?];
        if let Some(examiner) = examiner {
            threads.push(thread("yujing-examiner", move || examiner.run())?);
        }
        if let Some(publisher) = publisher {
            threads.push(thread("yujing-studio", move || publisher.run())?);
        }
        if let Some(runner) = runner {
            threads.push(thread("yujing-trials", move || runner.run())?);
        }
        Ok(Self { threads, endpoints })
    }

    /// Waits until it was asked to stop, and what is under way has ended.
    pub fn wait(self, runtime: &Handle) {
        for thread in self.threads {
            // A panic was told when it happened; nothing is left to do about it here.
            let _ = thread.join();
        }
        let _ = runtime.block_on(self.endpoints);
    }
}

/// TLS, where a certificate is configured.
fn tls(config: &Config) -> Result<Option<Tls>, ConsoleError> {
    let (certificate, key) = (config.console.tls_certificate.clone(), config.console.tls_key.clone());
    if certificate.as_os_str().is_empty() {
        return Ok(None);
    }
    Tls::load(TlsFiles { certificate, key }).map(Some).map_err(|reason| ConsoleError::Tls { reason })
}

fn add(store: &Store, demo: DemoAccount) -> Result<(), ConsoleError> {
    let DemoAccount { name, password, access } = demo;
    let new = NewAccount { display_name: name.clone(), name, password_hash: hash_password(&password)? };
    store.add_account(new, access, Timestamp::now())
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, ConsoleError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|source| ConsoleError::Thread { source })
}

/// The studio, where a rules folder is configured.
fn studio(
    config: &Arc<Config>,
    sources: &Arc<Sources>,
    metrics: &Arc<Metrics>,
    stop: &CancellationToken,
) -> Result<Option<Arc<Studio>>, ConsoleError> {
    let sandbox = Sandbox {
        program: sandbox::this_program().map_err(|source| ConsoleError::Program { source })?,
        schemas: config.paths.schemas.clone(),
        sources: Arc::clone(sources),
        metrics: Arc::clone(metrics),
        stop: stop.clone(),
    };
    Ok(Studio::of(config, sandbox).map(Arc::new))
}

/// Deletes what nobody needs any more, now and then. What fails is tried again the next time.
async fn prune(
    store: Arc<Store>,
    attachments: Option<Arc<Attachments>>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    loop {
        let pruned = Arc::clone(&store);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || pruned.prune(Timestamp::now())).await {
            ConsoleFailed { reason: &error.to_string() }.emit(&metrics);
        }
        if let Some(attachments) = &attachments
            && let Err(error) = attachments.prune(&store).await
        {
            ConsoleFailed { reason: &error.to_string() }.emit(&metrics);
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PRUNING) => {}
        }
    }
}

/// Asks the engine now and then whether it is ready.
async fn watch_engine(engine: Engine, status: Status, stop: CancellationToken) {
    loop {
        let asked = engine.clone();
        if let Ok(engine) = tokio::task::spawn_blocking(move || asked.state()).await {
            status.change(|state| state.engine = engine);
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(ENGINE_CHECK) => {}
        }
    }
}
