//! A copy of `console/` that can be built and tested.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::console::Console;
use crate::support::folder::copy_folder;
use crate::support::mark::{Need, check_mark};

/// A copy of the sources, beside the schemas that its tests read, with what the lock file names installed.
pub struct Frontend {
    _folder: tempfile::TempDir,
    pub root: PathBuf,
}

impl Frontend {
    pub fn install() -> Self {
        check_mark(Need::Browser);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("console");
        fs::create_dir(&root).expect("created");
        for entry in fs::read_dir(committed()).expect("the folder is there") {
            let entry = entry.expect("readable");
            let (from, to) = (entry.path(), root.join(entry.file_name()));
            let made = ["node_modules", "dist", "test-results"].iter().any(|name| entry.file_name() == *name);
            if from.is_dir() && !made {
                copy_folder(&from, &to);
            } else if from.is_file() {
                fs::copy(&from, &to).expect("copied");
            }
        }
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        copy_folder(&schemas, &folder.path().join("schemas"));
        let frontend = Self { _folder: folder, root };
        frontend.npm(&["ci", "--ignore-scripts", "--prefer-offline"]);
        frontend
    }

    /// Runs npm in the copy, and fails with what it said.
    pub fn npm(&self, arguments: &[&str]) {
        self.npm_with(arguments, &[]);
    }

    /// The same with variables of the environment.
    pub fn npm_with(&self, arguments: &[&str], environment: &[(&str, String)]) {
        let mut command = Command::new("npm");
        command.args(arguments).current_dir(&self.root).envs(environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().expect("npm is there: run `.ci/setup test`");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "npm {}: {}", arguments.join(" "), String::from_utf8_lossy(&said));
    }
}

/// Has the people of a test click through its file, each after the link that makes the account.
pub fn click_through(file: &str, console: &Console<'_>, people: &Value) {
    let frontend = Frontend::install();
    let environment = [("YUJING_CONSOLE", console.address()), ("YUJING_PEOPLE", people.to_string())];
    frontend.npm_with(&["run", "test:end-to-end", "--", file], &environment);
}

/// The sources.
pub fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("console")
}
