//! `.ci/setup` on machines where things are missing: stand-ins on a `PATH` of their own play the machine.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

/// A machine with some commands, where `id -u` says `user` and `apt-get` and `sudo` only note how they were called.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(commands: &[&str], user: u32) -> Self {
        let machine = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for tool in ["sh", "sed", "head"] {
            let real = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(tool));
            let real = real.iter().find(|path| path.exists()).expect("every system has it");
            symlink(real, machine.path().join(tool)).expect("linked");
        }
        for command in commands {
            machine.stand_in(command, "exit 0");
        }
        machine.stand_in("id", &format!("echo {user}"));
        let log = machine.log_file().display().to_string();
        for command in ["apt-get", "sudo"] {
            machine.stand_in(command, &format!("echo {command} \"$@\" >> {log}"));
        }
        machine
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn log_file(&self) -> std::path::PathBuf {
        self.path().join("calls.log")
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn stand_in(&self, command: &str, body: &str) {
        let file = self.path().join(command);
        fs::write(&file, format!("#!/bin/sh\n{body}\n")).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("made executable");
    }

    fn set_up(&self, purpose: &str, environment: &[(&str, &str)]) -> Output {
        Command::new("/bin/sh")
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/setup"), purpose])
            .env_clear()
            .env("PATH", self.path())
            .env("HOME", self.path())
            .envs(environment.iter().copied())
            .output()
            .expect("sh runs")
    }
}

const BUILD_TOOLS: [&str; 5] = ["cargo", "cc", "c++", "make", "bash"];
const TEST_TOOLS: [&str; 7] = ["chromium", "curl", "kcat", "promtool", "prometheus", "node", "npm"];

#[test]
fn a_complete_machine_is_left_alone() {
    let machine = Machine::new(&[&BUILD_TOOLS[..], &TEST_TOOLS, &["mvn", "javac", "python3"]].concat(), 1000);
    machine.stand_in("java", "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2");
    for purpose in ["build", "test"] {
        let output = machine.set_up(purpose, &[]);
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(machine.calls(), "");
}

#[test]
fn without_root_the_exact_line_is_printed_and_nothing_installed() {
    let machine = Machine::new(&["cargo", "cc", "bash"], 1000);
    let output = machine.set_up("build", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains(
            "sudo sh -c 'apt-get -o DPkg::Lock::Timeout=600 update && apt-get -o DPkg::Lock::Timeout=600 install -y \
             --no-install-recommends g++ make'"
        ),
        "{said}"
    );
    assert!(said.contains("YES=1"), "{said}");
    assert_eq!(machine.calls(), "");
}

#[test]
fn yes_installs_through_sudo_and_root_installs_directly() {
    let machine = Machine::new(&["cargo", "cc", "c++", "bash"], 1000);
    assert!(machine.set_up("build", &[("YES", "1")]).status.success());
    let apt = "apt-get -o DPkg::Lock::Timeout=600";
    let [update, install] = [format!("{apt} update\n"), format!("{apt} install -y --no-install-recommends make\n")];
    assert_eq!(machine.calls(), format!("sudo {update}sudo {install}"));
    let machine = Machine::new(&["cargo", "cc", "c++", "bash"], 0);
    assert!(machine.set_up("build", &[]).status.success());
    assert_eq!(machine.calls(), format!("{update}{install}"));
}

#[test]
fn a_lock_is_waited_for_and_any_other_failure_is_reported_at_once() {
    let machine = Machine::new(&["cargo", "cc", "c++", "bash"], 0);
    let log = machine.log_file().display().to_string();
    let fails = |reason: &str| {
        format!(
            "echo tried >> {log}\nif [ \"$(sed -n '$=' {log})\" -lt 4 ]; then echo 'E: {reason}' >&2; exit 100; fi\nexit 0"
        )
    };
    machine.stand_in("sleep", "exit 0");
    machine
        .stand_in("apt-get", &fails("Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)"));
    let output = machine.set_up("build", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.matches("waiting for it").count() == 1, "{said}");
    assert_eq!(machine.calls().lines().count(), 5, "three in vain, the update, and the packages");

    fs::remove_file(machine.log_file()).expect("removed");
    machine.stand_in("apt-get", &fails("The repository does not have a Release file."));
    let output = machine.set_up("build", &[]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("Release file"), "{output:?}");
    assert_eq!(machine.calls().lines().count(), 1);
}

#[test]
fn tests_need_python_and_unless_a_broker_is_given_java_17_and_maven() {
    let machine = Machine::new(&[&BUILD_TOOLS[..], &TEST_TOOLS].concat(), 1000);
    machine.stand_in("java", "echo 'openjdk version \"11.0.2\"' >&2");
    let output = machine.set_up("test", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("default-jdk-headless maven python3-venv'"), "{said}");
    let given = || machine.set_up("test", &[("YUJING_TEST_KAFKA", "127.0.0.1:9092")]);
    assert!(String::from_utf8_lossy(&given().stderr).contains("--no-install-recommends python3-venv'"));
    machine.stand_in("python3", "exit 0");
    assert!(given().status.success());
}

#[test]
fn benches_need_java_17_maven_and_oha_which_is_built_once_and_nothing_else_of_the_tests() {
    let machine = Machine::new(&BUILD_TOOLS, 1000);
    machine.stand_in("java", "echo 'openjdk version \"11.0.2\"' >&2");
    let output = machine.set_up("bench", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("recommends default-jre-headless maven'"), "{said}");
    machine.stand_in("java", "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2");
    for command in ["mvn", "rm"] {
        machine.stand_in(command, "exit 0");
    }
    machine.stand_in("mktemp", "echo work");
    let (log, cache) = (machine.log_file().display().to_string(), machine.path().join("cache"));
    machine.stand_in("cargo", &format!("echo cargo \"$@\" >> {log}"));
    let cache = cache.display().to_string();
    assert!(machine.set_up("bench", &[("XDG_CACHE_HOME", &cache)]).status.success());
    let install = format!("cargo install oha --locked --root {cache}/yujing/tools --target-dir work\n");
    assert_eq!(machine.calls(), install);
    machine.stand_in("oha", "exit 0");
    assert!(machine.set_up("bench", &[("XDG_CACHE_HOME", &cache)]).status.success());
    assert_eq!(machine.calls(), install, "and not again");
}

#[test]
fn tests_need_a_browser_unless_one_is_there_or_given() {
    let tools = [&BUILD_TOOLS[..], &TEST_TOOLS[1..], &["mvn", "javac", "python3"]].concat();
    let machine = Machine::new(&tools, 1000);
    machine.stand_in("java", "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2");
    let output = machine.set_up("test", &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--no-install-recommends chromium'"), "{output:?}");
    assert!(machine.set_up("build", &[]).status.success());
    assert!(machine.set_up("test", &[("YUJING_TEST_CHROMIUM", "/opt/browser")]).status.success());
    machine.stand_in("google-chrome", "exit 0");
    assert!(machine.set_up("test", &[]).status.success());
}

#[test]
fn without_rust_it_says_where_to_get_it() {
    let output = Machine::new(&[], 0).set_up("build", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("https://rustup.rs"));
}
