//! The compose file and the Dockerfile, as far as they can be tried without containers: the configuration is given to
//! the program, the broker's settings to a real broker, the probe to a running engine.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{folder, list, text, word, yaml};
use crate::support::kafka::eventually;
use crate::support::program::{Program, nowhere};
use crate::support::tool::call;

/// Where the image has its files.
const HOME: &str = "/opt/yujing";

fn service(name: &str) -> Value {
    let compose = yaml("compose.yaml");
    assert!(compose["services"][name].is_object(), "no service {name} in {compose}");
    compose["services"][name].clone()
}

/// What stands for the token of this name that somebody made.
fn token(name: &str) -> String {
    format!("{name}-0123456789abcdef0123456789abcdef")
}

fn environment(service: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value.as_str() {
        Some(text) => match text.strip_prefix("${").and_then(|rest| rest.split_once(':')) {
            Some((name, _)) => token(name),
            None => text.to_owned(),
        },
        None => value.to_string(),
    };
    service["environment"]
        .as_object()
        .expect("a table")
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// What the last stage of the Dockerfile copies from the repository: from, to.
fn copied() -> Vec<(PathBuf, String)> {
    let dockerfile = text("Dockerfile");
    let (_, last) = dockerfile.rsplit_once("\nFROM ").expect("two stages");
    let copies = last.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"));
    let pair = |line: &str| line.split_once(' ').map(|(from, to)| (repository().join(from), to.to_owned()));
    copies.map(|line| pair(line).unwrap_or_else(|| panic!("not one file to one place: {line}"))).collect()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The image's folder as a container of `service` sees it: what was copied, then what is mounted over it.
fn container(service: &Value) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut files = copied();
    for mount in list(&service["volumes"]).iter().map(word) {
        let parts: Vec<&str> = mount.split(':').collect();
        let &[from, to, "ro"] = parts.as_slice() else { panic!("not a read-only mount: {mount}") };
        let inside =
            to.strip_prefix(HOME).and_then(|rest| rest.strip_prefix('/')).expect("a place in the image's folder");
        files.push((folder().join(from), inside.to_owned()));
    }
    for (from, to) in files {
        assert!(from.exists(), "{} is not there", from.display());
        let place = home.path().join(to);
        if place.is_symlink() {
            std::fs::remove_file(&place).expect("replaced");
        }
        symlink(from, place).expect("linked");
    }
    home
}

#[test]
fn the_program_accepts_environment_and_files_of_its_containers() {
    for name in ["topics", "yujing"] {
        let service = service(name);
        let home = container(&service);
        let output = Command::new(env!("CARGO_BIN_EXE_yujing"))
            .arg("check")
            .current_dir(home.path())
            .env_clear()
            .envs(environment(&service))
            .env("YUJING_LANG", "en")
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("configuration  yujing.toml"), "{name}: {said}");
    }
    assert_eq!(service("yujing")["command"], serde_json::json!(["run"]));
}

#[test]
fn the_file_of_notifications_is_in_order_in_its_container() {
    let service = service("notify");
    let home = container(&service);
    let output = Command::new(env!("CARGO_BIN_EXE_yujing"))
        .args(["notify", "--check", "--lang", "en"])
        .current_dir(home.path())
        .env_clear()
        .envs(environment(&service))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("in order: 1 channels, 0 routes"), "{said}");
    assert_eq!(service["command"], serde_json::json!(["notify"]));
}

/// The token that the console shows to the engine, by the environment of these files one over the other.
fn shown_by_the_console(files: &[&str]) -> String {
    let environment: BTreeMap<String, String> =
        files.iter().flat_map(|file| environment(&yaml(file)["services"]["console"])).collect();
    let source = &environment["YUJING__CONSOLE__ENGINE_TOKEN"];
    let name = source.strip_prefix("env:").expect("from a variable");
    environment.get(name).unwrap_or_else(|| panic!("{name} is not handed to the console")).clone()
}

#[test]
fn where_rules_are_changed_on_pages_the_console_may_write_the_folder_that_the_engine_reads() {
    let studio = yaml("compose.studio.yaml")["services"]["console"].clone();
    let folder =
        environment(&studio).into_iter().find(|(name, _)| name == "YUJING__CONSOLE__RULES").expect("a folder").1;
    let mounts: Vec<&str> = list(&studio["volumes"]).iter().map(word).collect();
    assert_eq!(mounts, [format!("../rules:{folder}")], "not read-only");
    let of_engine = format!("../rules:{folder}:ro");
    assert!(list(&service("yujing")["volumes"]).iter().map(word).any(|mount| mount == of_engine));
    assert_eq!(shown_by_the_console(&["compose.yaml"]), token("YUJING_READ_TOKEN"));
    assert_eq!(shown_by_the_console(&["compose.yaml", "compose.studio.yaml"]), token("YUJING_TOKEN"));
}

#[test]
fn the_probe_of_the_container_distinguishes_a_running_engine_from_none() {
    let test = service("yujing")["healthcheck"]["test"].clone();
    let words: Vec<&str> = list(&test).iter().map(word).collect();
    let ["CMD", probing, arguments @ ..] = words.as_slice() else { panic!("{test}") };
    let program = Program::on(&nowhere());
    let moved = |argument: &&str| argument.replace("127.0.0.1:9464", program.value("SERVER__LISTEN"));
    let arguments: Vec<String> = arguments.iter().map(moved).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let probe = || call(probing, &arguments, repository(), "").0;
    assert!(!probe(), "nothing runs yet");
    let _engine = program.start();
    eventually("a healthy engine", || program.get("/healthz"));
    assert!(probe());
}

#[test]
fn only_this_machine_reaches_what_is_published_and_images_have_versions() {
    let compose = yaml("compose.yaml");
    for (name, service) in compose["services"].as_object().expect("a table") {
        for port in list(&service["ports"]).iter().map(word) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        let image = word(&service["image"]);
        assert!(service["build"].is_object() || image.contains(':'), "{name}: {image}");
    }
    assert!(service("yujing")["ports"].is_null(), "tokens go over plain HTTP");
    let pom = std::fs::read_to_string(repository().join("tests/kafka/pom.xml")).expect("readable");
    let tested = pom.split_once("<kafka.version>").and_then(|(_, rest)| rest.split_once('<')).expect("a version").0;
    assert_eq!(word(&service("kafka")["image"]), format!("apache/kafka:{tested}"), "the broker that the tests know");
}

#[test]
fn everything_that_the_image_is_made_of_reaches_the_builder() {
    let dockerfile = text("Dockerfile");
    let ignore = text("Dockerfile.dockerignore");
    let sent: Vec<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let sources =
        dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--"));
    for line in sources {
        let words: Vec<&str> = line.split(' ').collect();
        for source in &words[..words.len() - 1] {
            assert!(repository().join(source).exists(), "{source} is not there");
            assert!(sent.contains(source), "{source} is ignored");
        }
    }
    let manifest: toml::Table =
        std::fs::read_to_string(repository().join("Cargo.toml")).expect("readable").parse().expect("TOML");
    let compiler = manifest["workspace"]["package"]["rust-version"].as_str().expect("a version");
    assert!(dockerfile.contains(&format!("FROM rust:{compiler}-")), "another compiler than Cargo.toml asks for");
}

mod with_kafka {
    use std::process::{Command, Stdio};

    use serde_json::{Value, json};

    use super::super::{list, word};
    use super::{container, environment, service, shown_by_the_console};
    use crate::support::kafka::{PrivateBroker, eventually};
    use crate::support::program::{EngineProcess, nowhere};

    /// The rule of Kafka's image: `KAFKA_` and the property's name, `_` for `.`.
    fn broker_settings(service: &Value) -> String {
        let properties = environment(service).into_iter().filter_map(|(name, value)| {
            let name = name.strip_prefix("KAFKA_")?.to_lowercase().replace('_', ".");
            Some(format!("{name}={value}\n"))
        });
        properties.collect()
    }

    #[test]
    fn a_broker_with_the_settings_of_its_container_serves_the_others_and_its_loss_is_reported() {
        let inside = nowhere();
        let settings = broker_settings(&service("kafka"))
            .replace("CONTAINERS://:19092", &format!("CONTAINERS://{inside}"))
            .replace("kafka:19092", &inside)
            .replace("://:9092", "://127.0.0.1:{port}")
            .replace("127.0.0.1:9092", "127.0.0.1:{port}")
            .replace("://:9093", "://127.0.0.1:{controller}")
            .replace("kafka:9093", "127.0.0.1:{controller}")
            .replace("/var/lib/kafka", "{folder}");
        let Some(broker) = PrivateBroker::with_settings(&settings) else { return };

        let run = |name: &str| {
            let service = service(name);
            let home = container(&service);
            let moved =
                environment(&service).into_iter().map(|(name, value)| (name, value.replace("kafka:19092", &inside)));
            let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
            command.args(list(&service["command"]).iter().map(word)).current_dir(home.path()).env_clear().envs(moved);
            (home, command)
        };
        let (_home, mut topics) = run("topics");
        let output = topics.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("已创建19个"), "{said}");

        let (_home, mut engine) = run("yujing");
        let listen = nowhere();
        let engine = engine.env("YUJING__SERVER__LISTEN", &listen).stderr(Stdio::null()).spawn().expect("it starts");
        let _engine = EngineProcess::of(engine);
        let status = |path: &str| Some(ureq::get(format!("http://{listen}{path}")).call().ok()?.status().as_u16());
        eventually("a ready engine", || status("/readyz"));
        let (version, reload) =
            (format!("http://{listen}/api/v1/version"), format!("http://{listen}/api/v1/ruleset/reload"));
        let [reading, studio] = [&["compose.yaml"][..], &["compose.yaml", "compose.studio.yaml"]]
            .map(|files| format!("Bearer {}", shown_by_the_console(files)));
        let asked = |token: &str| {
            let answer = ureq::post(&reload).header("authorization", token).send_json(json!({ "dry_run": true }));
            match answer {
                Ok(answer) => answer.status().as_u16(),
                Err(ureq::Error::StatusCode(status)) => status,
                Err(error) => panic!("{error}"),
            }
        };
        let by_token = ureq::get(&version).header("authorization", &reading).call();
        assert!(by_token.is_ok_and(|answer| answer.status() == 200), "by its token");
        assert!(matches!(ureq::get(&version).call(), Err(ureq::Error::StatusCode(401))), "without one");
        assert_eq!((asked(&reading), asked(&studio)), (403, 202), "rules are taken where the studio is set up");
        drop(broker);
        eventually("word that Kafka is out of reach", || {
            let text = ureq::get(format!("http://{listen}/metrics")).call().ok()?.body_mut().read_to_string().ok()?;
            text.lines().any(|line| line == "yujing_kafka_reachable 0").then_some(())
        });
        eventually("that it is not ready", || (status("/readyz").is_none()).then_some(()));
    }
}
