//! `yujing topics`: are the topics as the engine needs them? With `--create`, the missing ones are made first.

use clap::Args;
use comfy_table::Cell;

use super::service::engine_failure;
use super::{Context, Failure, output};
use crate::kafka::Clients;
use crate::kafka::topics::{self, Purpose, TopicReport};
use crate::source::Sources;

/// Arguments of `yujing topics`.
#[derive(Debug, Args)]
pub struct Topics {
    /// Create the topics that are missing; those that exist are never changed
    #[arg(long)]
    create: bool,
}

impl Topics {
    /// # Errors
    /// If Kafka cannot be asked, or a topic is missing or unfit after all.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let sources = Sources::load(&config.paths.schemas)?;
        let clients = Clients::new(&config.kafka).map_err(|error| engine_failure(&error))?;
        let inspect = || {
            topics::inspect(&clients, topics::plan(&config, &sources)).map_err(|error| {
                let servers = clients.servers();
                Failure::other(format!("{error}; is Kafka running at {servers} (kafka.bootstrap_servers)?"))
            })
        };
        let mut reports = inspect()?;
        let missing: Vec<_> =
            reports.iter().filter(|report| report.missing).map(|report| report.plan.clone()).collect();
        if self.create && !missing.is_empty() {
            topics::create(&clients, &missing).map_err(|error| Failure::other(error.to_string()))?;
            let created: Vec<_> = missing.iter().map(|plan| plan.name.as_str()).collect();
            output::line(&format!("created {}: {}", created.len(), created.join(", ")))?;
            reports = inspect()?;
        }
        output::line(&table(&reports))?;
        let verdict = topics::judge(&reports).map_err(|error| Failure::other(error.to_string()))?;
        for gap in &verdict.gaps {
            output::line(&format!("events may be missing after a restart: {gap}"))?;
        }
        if verdict.gaps.is_empty() {
            return output::line("the engine can run with these topics");
        }
        Err(Failure::other("raise `retention.ms` of these topics, or start the engine with --accept-gap"))
    }
}

fn table(reports: &[TopicReport]) -> String {
    let mut table = output::table(["topic", "for", "partitions", "state"]);
    for report in reports {
        table.add_row([
            Cell::new(&report.plan.name),
            Cell::new(purpose(&report.plan.purpose)),
            Cell::new(report.plan.partitions),
            Cell::new(state(report)),
        ]);
    }
    table.to_string()
}

fn purpose(purpose: &Purpose) -> &str {
    match purpose {
        Purpose::Input { source } => source,
        Purpose::DeadLetters => "dead letters",
        Purpose::Scores => "scores",
        Purpose::Warnings => "warnings",
        Purpose::ShadowWarnings => "warnings of candidates",
        Purpose::Rulesets => "rulesets",
    }
}

fn state(report: &TopicReport) -> String {
    if report.missing {
        return "missing".to_owned();
    }
    if report.as_planned() {
        return "as planned".to_owned();
    }
    let differences = report
        .differences
        .iter()
        .map(|difference| format!("{} is {}, planned {}", difference.setting, difference.found, difference.planned));
    let gap = report.gap.as_ref().map(ToString::to_string);
    differences.chain(gap).collect::<Vec<_>>().join("\n")
}
