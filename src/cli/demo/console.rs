//! The console of a demo: in a folder that ends with it, with accounts that work nowhere else.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use yujing_config::Config;
use yujing_console::access::{Access, AreaScope, Duty, Role};
use yujing_console::run::DemoAccount;
use yujing_console::secret::Token;
use yujing_console::{Console, ConsoleParts};
use yujing_core::source::Sources;
use yujing_live::server;
use yujing_telemetry::Metrics;
use yujing_workbench::synthetic::District;

use crate::Failure;
use crate::service::Service;

/// Characters of the password that is made up.
const PASSWORD_LENGTH: usize = 16;

/// What the demo's console is made of.
pub(super) struct DemoConsole<'a> {
    pub config: &'a Arc<Config>,
    pub sources: &'a Arc<Sources>,
    pub metrics: &'a Arc<Metrics>,
    pub district: &'a District,
    pub folder: &'a Path,
    pub stop: CancellationToken,
}

/// The account of an official, and those of two people who change rules.
pub(super) const OFFICIAL: &str = "demo";
pub(super) const ANALYST: &str = "analyst";
pub(super) const APPROVER: &str = "approver";

/// Where a demo's console is, and the password with which each of its accounts opens it.
pub(super) struct DemoLogin {
    pub address: SocketAddr,
    pub password: String,
}

impl DemoConsole<'_> {
    /// Starts it beside the engine; where its usual address is taken, at another port.
    ///
    /// # Errors
    /// If it can listen nowhere, or its databases cannot be made.
    pub(super) fn start(self, service: &Service) -> Result<DemoLogin, Failure> {
        let runtime = service.runtime();
        let listen = |address| runtime.block_on(server::listener::listen(address));
        let anywhere = SocketAddr::new(self.config.console.listen.ip(), 0);
        let listener = listen(self.config.console.listen).or_else(|_| listen(anywhere)).map_err(Failure::user)?;
        let address = listener.local_addr().map_err(|error| Failure::external(error.to_string()))?;
        let password: String = Token::random()?.as_str().chars().take(PASSWORD_LENGTH).collect();
        let login = DemoLogin { address, password };
        let account =
            |name: &str, access| DemoAccount { name: name.to_owned(), password: login.password.clone(), access };
        let demo = vec![
            account(OFFICIAL, everywhere(self.district)),
            account(ANALYST, of_rules(Role::Analyst)),
            account(APPROVER, of_rules(Role::Approver)),
        ];
        let parts = ConsoleParts {
            config: Arc::clone(self.config),
            sources: Arc::clone(self.sources),
            metrics: Arc::clone(self.metrics),
            folder: self.folder.to_owned(),
            engine: format!("http://{}", service.address),
            demo,
            stop: self.stop,
        };
        // It ends with the request to stop, which the engine's end waits for.
        Console::start(parts, listener, runtime)?;
        Ok(login)
    }
}

/// Somebody who changes rules.
fn of_rules(role: Role) -> Access {
    Access { roles: vec![role], duties: Vec::new(), areas: vec![AreaScope::default()] }
}

/// Every official, at every station and at the district's office.
fn everywhere(district: &District) -> Access {
    let duty = |post: String, role: &str| Duty { post, role: role.to_owned() };
    let stations: BTreeSet<&str> = district
        .operators
        .iter()
        .filter_map(|operator| operator.document.get("sub_district").and_then(Value::as_str))
        .collect();
    let at_station = |name: &&str| ["officer", "station_head"].map(|role| duty(format!("station/{name}"), role));
    let mut duties = vec![duty("district".to_owned(), "duty_officer"), duty("district".to_owned(), "supervisor")];
    duties.extend(stations.iter().flat_map(at_station));
    let roles = vec![Role::Viewer, Role::Officer, Role::Reviewer, Role::Administrator];
    Access { roles, duties, areas: vec![AreaScope::default()] }
}
