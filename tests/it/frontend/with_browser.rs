//! `console/` in a copy of its own: what is committed in `console/dist` is what its sources and lock file give, and its
//! own tests (Playwright, `console/tests`) pass on it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::folder::copy_folder;
use crate::support::mark::{Need, check_mark};

/// A copy of the sources, beside the schemas that its tests read, with what the lock file names installed.
struct Frontend {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Frontend {
    fn install() -> Self {
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

    fn npm(&self, arguments: &[&str]) {
        let output = Command::new("npm").args(arguments).current_dir(&self.root).output();
        let output = output.expect("npm is there: run `.ci/setup test`");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "npm {}: {}", arguments.join(" "), String::from_utf8_lossy(&said));
    }
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("console")
}

/// Every file of a folder by its path inside it.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).expect("it is inside").to_path_buf();
                found.insert(name, fs::read(&path).expect("readable"));
            }
        }
    }
    found
}

#[test]
fn what_is_committed_is_what_the_lock_file_builds_and_it_passes_its_tests() {
    let frontend = Frontend::install();
    frontend.npm(&["run", "check"]);
    frontend.npm(&["run", "build"]);
    let (built, kept) = (files(&frontend.root.join("dist")), files(&committed().join("dist")));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&built), names(&kept), "build it anew: `npm ci && npm run build` in `console`");
    for (name, bytes) in &built {
        assert!(kept[name] == *bytes, "{} differs: `npm ci && npm run build` in `console`", name.display());
    }
    frontend.npm(&["test"]);
}
