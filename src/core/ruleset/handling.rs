//! Handling and routing, which come together or not at all: `handling.toml` and `routing.toml`.

use std::collections::BTreeSet;
use std::path::Path;

use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use super::Files;
use super::build::quoted;
use super::files::{HANDLING, ROUTING};
use crate::rule::Laws;
use crate::warning::routing::Vocabulary;
use crate::warning::{HandlingPolicy, Routing};

/// What is done about warnings, and by whom.
#[derive(Debug)]
pub(super) struct HandlingRules {
    pub policy: HandlingPolicy,
    pub routing: Routing,
}

impl HandlingRules {
    /// The names of the features that their conditions read.
    pub fn features(&self) -> BTreeSet<&str> {
        let routes = self.routing.routes.iter().map(|route| &route.when);
        let copies = self.routing.copies.iter().map(|copy| &copy.when);
        let clocks = self.policy.clock_rules.iter().map(|rule| &rule.when);
        routes.chain(copies).chain(clocks).flat_map(|when| when.at_least.keys()).map(String::as_str).collect()
    }
}

/// Reads both files, with warnings; nothing if neither is there.
///
/// # Errors
/// Every problem of either, and one without the other.
pub(super) fn read(
    folder: &Path,
    files: &Files,
    known: &Vocabulary<'_>,
    laws: Option<&Laws>,
) -> Result<(Option<HandlingRules>, Diagnostics), Diagnostics> {
    let (routing_file, handling_file) = (folder.join(ROUTING), folder.join(HANDLING));
    match (files.get(ROUTING), files.get(HANDLING)) {
        (None, None) => Ok((None, Diagnostics::default())),
        (Some(_), None) => Err(alone(&routing_file, HANDLING).into()),
        (None, Some(_)) => Err(alone(&handling_file, ROUTING).into()),
        (Some(routing_text), Some(handling_text)) => {
            let (routing, mut found) = Routing::read(&routing_file, routing_text, known)?;
            let policy = HandlingPolicy::read(&handling_file, handling_text, known, &routing)?;
            found.extend(laws.map(|laws| unlisted(&routing, laws, &routing_file, routing_text)).unwrap_or_default());
            Ok((Some(HandlingRules { policy, routing }), found))
        }
    }
}

fn alone(file: &Path, missing: &str) -> Diagnostic {
    let message = say!("缺少与之配套的 {missing}", "{missing} is missing, which belongs to it");
    let help = Bilingual::new(
        "handling.toml（时限与权限）与 routing.toml（岗位与路由）须同时提供；都不提供则预警不纳入处置流程",
        "handling.toml (times, who may do what) and routing.toml (posts, routes) come together; without both, warnings \
         have no handling",
    );
    Diagnostic::file("ruleset/half-of-handling", file, message).with_help(help)
}

/// What copies rest on and `laws.toml` does not list.
fn unlisted(routing: &Routing, laws: &Laws, file: &Path, text: &str) -> Diagnostics {
    let mut found = Diagnostics::default();
    let cited = routing.copies.iter().flat_map(|copy| &copy.basis).map(|basis| &basis.law);
    for law in cited.filter(|law| !laws.0.contains_key(*law)) {
        let message = say!("laws.toml 未列“{law}”", "laws.toml does not list `{law}`");
        let help = did_you_mean(law, laws.0.keys().map(String::as_str)).unwrap_or_else(|| {
            Bilingual::new(
                "名称应与 laws.toml 一致；新的依据请先列入 laws.toml",
                "write its name as laws.toml does, or list it there first",
            )
        });
        found.push(Diagnostic::at("routing/unlisted-law", file, text, quoted(text, law, 0), message).with_help(help));
    }
    found
}
