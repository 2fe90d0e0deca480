//! `yujing console`: pages for officials, until it is asked to stop; one-time links, and a backup.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_console::access::{Access, AreaScope, Duty, Role};
use yujing_console::store::Store;
use yujing_console::store::audit::AuditEvent;
use yujing_console::{Console, ConsoleParts};
use yujing_live::server;
use yujing_telemetry::console::ConsoleOpened;
use yujing_telemetry::{InternalEvent as _, Metrics, logging};
use yujing_workbench::schemas_folder;

use super::service::stop_on_signals;
use super::{Context, Failure, Language, output};

const WHEN_IT_ENDS: &str = "\
While Kafka or the engine is away, pages stay readable, and answers are kept and sent later. There is no account until
`yujing console invite --role administrator` has printed a link for the first one.";

/// Arguments of `yujing console`.
#[derive(Debug, Args)]
#[command(after_help = WHEN_IT_ENDS, args_conflicts_with_subcommands = true)]
pub struct ConsoleCommand {
    #[command(subcommand)]
    task: Option<Task>,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

/// What there is to do beside serving pages.
#[derive(Debug, Subcommand)]
enum Task {
    /// Print a one-time link, good for 3 days, with which somebody makes an account
    Invite(Invite),
    /// Copy what only the console knows (accounts, audit trail, drafts, answers) into a new file, while it runs
    Backup {
        /// The new file
        file: PathBuf,
    },
}

/// Arguments of `yujing console invite`.
#[derive(Debug, Args)]
struct Invite {
    /// What the account may; several with commas
    #[arg(long, value_delimiter = ',', required = true, value_name = "ROLE")]
    role: Vec<RoleArgument>,
    /// A post at which it acts and its role there, such as `station/友谊路街道=officer`; may be repeated
    #[arg(long, value_name = "POST=ROLE")]
    duty: Vec<Duty>,
    /// An area that it sees: `/` for all, `SUB-DISTRICT`, `SUB-DISTRICT/COMMUNITY` or `SUB-DISTRICT/COMMUNITY/GRID`; may be
    /// repeated
    #[arg(long, value_name = "AREA")]
    area: Vec<AreaScope>,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArgument {
    Viewer,
    Officer,
    Reviewer,
    Analyst,
    Approver,
    Administrator,
}

impl From<RoleArgument> for Role {
    fn from(argument: RoleArgument) -> Self {
        match argument {
            RoleArgument::Viewer => Self::Viewer,
            RoleArgument::Officer => Self::Officer,
            RoleArgument::Reviewer => Self::Reviewer,
            RoleArgument::Analyst => Self::Analyst,
            RoleArgument::Approver => Self::Approver,
            RoleArgument::Administrator => Self::Administrator,
        }
    }
}

impl ConsoleCommand {
    /// # Errors
    /// If configuration or schemas are wrong, or it cannot start.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        match &self.task {
            Some(Task::Invite(invite)) => invite.run(&config),
            Some(Task::Backup { file }) => {
                Store::open(&config.console.data)?.back_up(file)?;
                let name = file.display();
                output::line(&self.lang.labelled("已备份到", "copied to", name))
            }
            None => serve(config),
        }
    }
}

fn serve(config: Config) -> Result<(), Failure> {
    let config = Arc::new(config);
    let sources = Arc::new(schemas_folder::load(&config.paths.schemas)?);
    logging::init(&config.log)?;
    let (metrics, stop) = (Arc::new(Metrics::new()), CancellationToken::new());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("yujing-http")
        .enable_all()
        .build()
        .map_err(|error| Failure::external(format!("the system gives no threads: {error}")))?;
    let listener = runtime
        .block_on(server::listener::listen(config.console.listen))
        .map_err(|reason| Failure::user(reason.replace("`server.listen`", "`console.listen`")))?;
    runtime.spawn(stop_on_signals(stop.clone(), Arc::clone(&metrics)));
    let (folder, engine) = (config.console.data.clone(), config.console.engine.clone());
    let url = config.console.public_url.clone();
    let parts = ConsoleParts { config, sources, metrics: Arc::clone(&metrics), folder, engine, demo: Vec::new(), stop };
    let console = Console::start(parts, listener, runtime.handle())?;
    ConsoleOpened { url: &url }.emit(&metrics);
    console.wait(runtime.handle());
    runtime.shutdown_background();
    Ok(())
}

impl Invite {
    fn run(&self, config: &Config) -> Result<(), Failure> {
        let roles: Vec<Role> = self.role.iter().copied().map(Role::from).collect();
        let access = Access { roles, duties: self.duty.clone(), areas: self.area.clone() };
        let store = Store::open(&config.console.data)?;
        let now = Timestamp::now();
        let invitation = store.invite(&access, None, now)?;
        let detail = serde_json::to_string(&access).ok();
        store.note(&AuditEvent { action: "invite_by_command", detail, ..AuditEvent::default() }, now)?;
        let link =
            format!("{}/#/invitation/{}", config.console.public_url.trim_end_matches('/'), invitation.token.as_str());
        output::problem(&match self.lang {
            Language::Zh => format!("一次性链接，{}前有效，请交给本人：", output::time(invitation.expires_at)),
            Language::En => {
                format!("a one-time link, good until {}, for the person alone:", output::time(invitation.expires_at))
            }
        });
        output::line(&link)
    }
}
