//! A real Prometheus with the shipped configuration and the flags of the compose file, beside a running engine.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{alerts, list, text, word, yaml};
use crate::support::kafka::eventually_within;
use crate::support::mark::{Need, check_mark};
use crate::support::program::{Program, nowhere};

/// Two scrapes and an evaluation take up to 45 seconds by the shipped intervals.
const PATIENCE: Duration = Duration::from_mins(4);

struct Prometheus {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Scrapes `target` where the shipped configuration has the container's name.
    fn start(target: &str) -> Self {
        check_mark(Need::Prometheus);
        let place = tempfile::tempdir().expect("a temporary folder");
        let shipped = text("prometheus/prometheus.yml");
        assert_eq!(shipped.matches("yujing:9464").count(), 1, "{shipped}");
        let write = |name: &str, content: &str| std::fs::write(place.path().join(name), content).expect("written");
        write("prometheus.yml", &shipped.replace("yujing:9464", target));
        write("alerts.yml", &text("prometheus/alerts.yml"));
        let address = nowhere();
        let process = Command::new("prometheus")
            .args(flags(place.path()))
            .arg(format!("--web.listen-address={address}"))
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus is needed: `make setup` gets it");
        Self { process, address, _folder: place }
    }

    fn ask(&self, path: &str) -> Option<Value> {
        let mut response = ureq::get(format!("http://{}/api/v1/{path}", self.address)).call().ok()?;
        let answer: Value = response.body_mut().read_json().ok()?;
        Some(answer["data"].clone())
    }

    /// Alerts that wait or fire now: name, source if it has one, and state.
    fn active(&self) -> Option<BTreeSet<(String, String, String)>> {
        let answer = self.ask("alerts")?;
        let of = |alert: &Value, label: &str| word(&alert["labels"][label]).to_owned();
        let alerts = list(&answer["alerts"]).iter();
        Some(alerts.map(|each| (of(each, "alertname"), of(each, "source"), word(&each["state"]).to_owned())).collect())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The flags of the compose file, with its folders in `place`.
fn flags(place: &Path) -> Vec<String> {
    let compose = yaml("compose.yaml");
    let place = place.display();
    let moved = |flag: &Value| {
        let flag = word(flag).replace("=/etc/prometheus/", &format!("={place}/"));
        flag.replace("=/prometheus", &format!("={place}/data"))
    };
    list(&compose["services"]["prometheus"]["command"]).iter().map(moved).collect()
}

#[test]
fn prometheus_scrapes_the_engine_and_sees_one_without_kafka_waiting() {
    let program = Program::on(&nowhere());
    let _engine = program.start();
    let prometheus = Prometheus::start(program.value("SERVER__LISTEN"));

    let target = eventually_within(PATIENCE, "a scraped target", || {
        let answer = prometheus.ask("targets?state=active")?;
        list(&answer["activeTargets"]).first().filter(|target| target["health"] == "up").cloned()
    });
    assert_eq!((&target["labels"]["job"], word(&target["lastError"])), (&"yujing".into(), ""), "{target}");

    let rules = eventually_within(PATIENCE, "rules that were all evaluated", || {
        let answer = prometheus.ask("rules")?;
        let rules: Vec<Value> =
            list(&answer["groups"]).iter().flat_map(|group| list(&group["rules"])).cloned().collect();
        let evaluated = !rules.is_empty() && rules.iter().all(|rule| rule["health"] != "unknown");
        evaluated.then_some(rules)
    });
    assert_eq!(rules.len(), alerts::alerts().len());
    assert!(rules.iter().all(|rule| rule["health"] == "ok"), "{rules:#?}");

    let waiting = |name: &str| (name.to_owned(), String::new(), "pending".to_owned());
    let expected = ["YujingNotReady", "YujingKafkaUnreachable"].map(waiting);
    let active = eventually_within(PATIENCE, "both alerts about it", || {
        prometheus.active().filter(|active| expected.iter().all(|each| active.contains(each)))
    });
    assert!(
        active.iter().all(|(name, ..)| expected.iter().any(|each| each.0 == *name) || name == "YujingKafkaErrors"),
        "{active:?}"
    );
}

mod with_kafka {
    use std::collections::BTreeSet;

    use super::{PATIENCE, Prometheus};
    use crate::support::kafka::{eventually, eventually_within};
    use crate::support::program::{Program, rodent, school};

    #[test]
    fn an_engine_in_order_alerts_of_nothing_but_sources_that_never_sent_and_a_restart_forgets_none() {
        let program = Program::new();
        program.create_topics();
        program.publish("operators", &school());
        program.publish("camera-alerts", &rodent());
        let engine = program.start();
        program.wait_until_ready();
        let received = || {
            let text = program.text("/metrics")?;
            let name = "yujing_newest_received_timestamp_seconds{publisher=\"kitchen-camera-gateway\",source=\"camera-alerts\"} ";
            text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
        };
        let before = eventually("the time of the camera's record", received);

        let prometheus = Prometheus::start(program.value("SERVER__LISTEN"));
        let never = ["complaints", "dispositions", "events", "inspections", "lab-samples"];
        let expected: BTreeSet<(String, String, String)> =
            never.map(|source| ("YujingSourceNeverHeard".to_owned(), source.to_owned(), "pending".to_owned())).into();
        eventually_within(PATIENCE, "five sources that never sent anything, and no other alert", || {
            (prometheus.active()? == expected).then_some(())
        });

        engine.signal("TERM");
        assert_eq!(engine.ended().0, Some(0));
        let _again = program.start();
        program.wait_until_ready();
        assert_eq!(received(), Some(before), "it is known at once after a restart");
    }
}
