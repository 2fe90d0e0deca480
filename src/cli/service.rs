//! The running engine with its HTTP endpoints, as `run` and `demo` start it: the engine on a thread of its own, the
//! endpoints on a small runtime, and one request to stop for both.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_core::ruleset::Trigger;
use yujing_core::source::Sources;
use yujing_live::reload::{Origin, ReloadCoordinator, ReloadTarget, ReloadWorker, Sandbox, sandbox};
use yujing_live::report::InputTopic;
use yujing_live::server::{self, Hosts, Limits, Shared, Tokens};
use yujing_live::shadow::Candidates;
use yujing_live::{RunError, Runner, Status, query, rulesets};
use yujing_telemetry::engine::SourcesLoaded;
use yujing_telemetry::process::StopRequested;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::{Failure, Language, output};

/// How long the batch under way may take after a request to stop. What is not committed then is done again.
const LAST_BATCH: Duration = Duration::from_mins(1);

/// What a service is made of.
#[derive(Debug)]
pub struct ServiceParts {
    pub config: Arc<Config>,
    pub metrics: Arc<Metrics>,
    pub sources: Arc<Sources>,
    /// Where the first ruleset comes from.
    pub origin: Origin,
    /// Of what is said about rulesets.
    pub language: Language,
    /// Whether to go on though events may be missing.
    pub accept_gap: bool,
    /// Whether the topics must be as planned; an embedded broker cannot describe its own.
    pub check_topics: bool,
}

/// A running engine. [`Service::wait`] takes its end.
#[derive(Debug)]
pub struct Service {
    /// Where the endpoints listen.
    pub address: SocketAddr,
    pub metrics: Arc<Metrics>,
    pub status: Arc<Status>,
    /// Cancelled, it stops the engine after the batch under way, and the endpoints after the answers under way.
    pub stop: CancellationToken,
    engine: JoinHandle<Result<(), RunError>>,
    endpoints: tokio::task::JoinHandle<std::io::Result<()>>,
    runtime: Runtime,
}

impl Service {
    /// Starts the endpoints, then the engine. SIGTERM and SIGINT stop it, a second one at once.
    ///
    /// # Errors
    /// If the address of the endpoints is taken, or the system gives no threads.
    pub fn start(parts: ServiceParts) -> Result<Self, Failure> {
        let ServiceParts { config, metrics, sources, origin, language, accept_gap, check_topics } = parts;
        let tokens = Tokens::load(&config.server).map_err(Failure::user)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("yujing-http")
            .enable_all()
            .build()
            .map_err(|error| Failure::external(format!("the system gives no threads: {error}")))?;
        let listener = runtime.block_on(server::listener::listen(config.server.listen)).map_err(Failure::user)?;
        let address = listener.local_addr().map_err(|error| Failure::external(error.to_string()))?;

        metrics.name_publishers(&config.topics.publishers);
        SourcesLoaded { sources: &sources }.emit(&metrics);
        let (status, stop) = (Arc::new(Status::new()), CancellationToken::new());
        let (sender, queries) = query::queue();
        let (reloads, candidates) = (Arc::<ReloadCoordinator>::default(), Arc::<Candidates>::default());
        let shared = Shared {
            status: Arc::clone(&status),
            metrics: Arc::clone(&metrics),
            queries: sender,
            inputs: InputTopic::all(&sources, &config.topics),
            reloads: Arc::clone(&reloads),
            candidates: Arc::clone(&candidates),
            hosts: Hosts::new(&config.server.hosts),
            tokens,
        };
        let endpoints = runtime.spawn(server::serve(listener, shared, Limits::default(), stop.clone()));
        runtime.spawn(stop_on_signals(stop.clone(), Arc::clone(&metrics)));

        runtime.spawn(reload_on_signal(Arc::clone(&reloads)));
        let program = sandbox::this_program();
        let sandbox = Sandbox {
            program: program.map_err(|error| Failure::external(format!("this program cannot be found: {error}")))?,
            schemas: config.paths.schemas.clone(),
            sources: Arc::clone(&sources),
            metrics: Arc::clone(&metrics),
            stop: stop.clone(),
        };
        let worker = ReloadWorker {
            config: Arc::clone(&config),
            sandbox: sandbox.clone(),
            reloads: Arc::clone(&reloads),
            candidates: Arc::clone(&candidates),
            metrics: Arc::clone(&metrics),
            stop: stop.clone(),
            archive: |config, metrics, stop| rulesets::fetch(config, metrics, stop).map_err(|error| error.to_string()),
            language,
        };
        spawn("yujing-rules", move || worker.run())?;
        let runner = Runner {
            config,
            sources,
            origin,
            sandbox,
            metrics: Arc::clone(&metrics),
            status: Arc::clone(&status),
            queries,
            reloads,
            candidates,
            stop: stop.clone(),
            accept_gap,
            check_topics,
        };
        let engine = spawn("yujing-engine", move || runner.run())?;
        Ok(Self { address, metrics, status, stop, engine, endpoints, runtime })
    }

    /// Where further endpoints of the process run.
    pub fn runtime(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Waits until the engine has ended, then ends the endpoints.
    ///
    /// # Errors
    /// What ended the engine, unless it was asked to stop.
    pub fn wait(self) -> Result<(), Failure> {
        let ended = self.engine.join();
        self.stop.cancel();
        let answered = self.runtime.block_on(self.endpoints);
        self.runtime.shutdown_background();
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => {
                return Err(Failure::internal(
                    "the engine ended by a defect of the program, told above; nothing committed is lost: restart it",
                ));
            }
        }
        match answered {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::external(format!("the HTTP endpoints failed: {error}"))),
            Err(error) => Err(Failure::external(format!("the HTTP endpoints failed: {error}"))),
        }
    }
}

fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, Failure> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(sandbox::STACK_SIZE)
        .spawn(work)
        .map_err(|error| Failure::external(format!("the system gives no threads: {error}")))
}

/// SIGHUP takes the rules folder.
async fn reload_on_signal(reloads: Arc<ReloadCoordinator>) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        output::problem("yujing: SIGHUP cannot be caught; use `yujing rules reload`");
        return;
    };
    while hangups.recv().await.is_some() {
        // Too many wait already: theirs will take the folder as it is then.
        let _ = reloads.request(ReloadTarget::Folder, Trigger::Signal, false);
    }
}

pub(super) async fn stop_on_signals(stop: CancellationToken, metrics: Arc<Metrics>) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        output::problem("yujing: signals cannot be caught; stopping will not wait for the batch under way");
        return;
    };
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    };
    let signal = next().await;
    StopRequested { signal, at_once: false }.emit(&metrics);
    stop.cancel();
    if let Ok(signal) = tokio::time::timeout(LAST_BATCH, next()).await {
        StopRequested { signal, at_once: true }.emit(&metrics);
    } else {
        output::problem(&format!("yujing: the batch under way did not end within {LAST_BATCH:?}; stopping without it"));
    }
    std::process::exit(1);
}
