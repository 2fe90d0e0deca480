//! `yujing notify`: tells posts of warnings, until it is asked to stop.

use std::sync::Arc;

use clap::Args;
use tokio_util::sync::CancellationToken;
use yujing_live::server::{self, Hosts, Limits};
use yujing_notify::endpoints::{self, Shared};
use yujing_notify::{NotifyConfig, Runner, Status};
use yujing_telemetry::notify::ChannelsKnown;
use yujing_telemetry::{InternalEvent as _, Metrics, logging};
use yujing_workbench::schemas_folder;

use super::service::stop_on_signals;
use super::{Context, Failure, Language, output};

const WHEN_IT_ENDS: &str = "\
While Kafka or a channel is away it waits and tries again; what was delivered is not sent again. It ends with 1 when
somebody has to do something: topics are missing, or another process of the same group took over.";

/// Arguments of `yujing notify`.
#[derive(Debug, Args)]
#[command(after_help = WHEN_IT_ENDS)]
pub struct Notify {
    /// Check the file of channels and routes, and what secrets it names; connect to nothing
    #[arg(long)]
    check: bool,
    /// The language of what is wrong with files
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Notify {
    /// # Errors
    /// If configuration or schemas are wrong, or it cannot start or go on.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = Arc::new(context.config()?);
        let notify = Arc::new(NotifyConfig::load(&config.notify.file)?);
        let sources = Arc::new(schemas_folder::load(&config.paths.schemas)?);
        if self.check {
            let (channels, routes) = (notify.channels.len(), notify.routes.len());
            return output::line(&match self.lang {
                Language::Zh => format!("通知配置正常：渠道{channels}个，路由{routes}条"),
                Language::En => format!("the file of notifications is in order: {channels} channels, {routes} routes"),
            });
        }
        logging::init(&config.log)?;
        let (metrics, status) = (Arc::new(Metrics::new()), Arc::new(Status::new()));
        let names: Vec<&str> = notify.channels.keys().map(|name| &**name).collect();
        ChannelsKnown { channels: &names }.emit(&metrics);
        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("yujing-http")
            .enable_all()
            .build()
            .map_err(|error| Failure::external(format!("the system gives no threads: {error}")))?;
        let listening = server::listener::listen(config.notify.listen);
        let listener = runtime
            .block_on(listening)
            .map_err(|reason| Failure::user(reason.replace("`server.listen`", "`notify.listen`")))?;
        let shared = Shared { status: Arc::clone(&status), metrics: Arc::clone(&metrics) };
        let hosts = Hosts::new(&config.server.hosts);
        let routes = server::guarded(endpoints::routes(shared), hosts, Arc::clone(&metrics));
        runtime.spawn(server::serve_routes(
            listener,
            routes,
            Arc::clone(&metrics),
            Limits::default(),
            None,
            stop.clone(),
        ));
        runtime.spawn(stop_on_signals(stop.clone(), Arc::clone(&metrics)));
        let ended = Runner { config, notify, sources, metrics, status, stop: stop.clone() }.run();
        stop.cancel();
        runtime.shutdown_background();
        Ok(ended?)
    }
}
