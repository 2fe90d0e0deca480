//! `console/` in a copy of its own: what is committed in `console/dist` is what its sources and lock file give, and its
//! own tests (Playwright, `console/tests`) pass on it.

mod frontend;
mod provider;
mod with_kafka;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use frontend::{Frontend, committed};

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
