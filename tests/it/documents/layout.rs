//! The house's layout, as ARCHITECTURE.md shows it: crates depend downwards, the core has no I/O and reads no clock,
//! and no two folders of a crate need each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;

use super::pages::files_below;

/// The crates under `src`, each above those that it may use.
const CRATES: [&str; 13] = [
    "base",
    "core",
    "workbench",
    "config",
    "telemetry",
    "kafka",
    "live",
    "replay",
    "report",
    "demo",
    "notify",
    "console",
    "cli",
];

/// What talks to the world outside the process.
const IO_CRATES: [&str; 9] =
    ["axum", "hyper", "hyper-util", "prometheus", "rdkafka", "reqwest", "tokio", "tracing-subscriber", "ureq"];

/// What a crate depends on, without its tests.
fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(Path::new("src").join(name).join("Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    manifest["dependencies"].as_table().expect("a table").keys().cloned().collect()
}

#[test]
fn crates_depend_downwards() {
    let folders = fs::read_dir("src").expect("src").map(|entry| entry.expect("an entry").path());
    let crates: BTreeSet<_> = folders
        .filter(|path| path.join("Cargo.toml").exists())
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .collect();
    assert_eq!(crates, CRATES.map(str::to_owned).into(), "CRATES above says which crate may use which");
    for (place, name) in CRATES.iter().enumerate() {
        let own = dependencies(name).into_iter().filter_map(|used| used.strip_prefix("yujing-").map(str::to_owned));
        for used in own {
            assert!(CRATES[..place].contains(&used.as_str()), "{name} must not use {used}");
        }
    }
}

#[test]
fn the_core_has_no_io() {
    let used = dependencies("core");
    let found: Vec<_> = IO_CRATES.into_iter().filter(|name| used.contains(*name)).collect();
    assert!(found.is_empty(), "the core uses {found:?}");
}

/// A busy machine gives the same score as an idle one.
#[test]
fn what_decides_a_score_reads_no_clock() {
    let clocks =
        ["Instant::now", "SystemTime", "Timestamp::now", "Zoned::now", ".elapsed()", "thread::sleep", "recv_timeout"];
    // Where time is reported, and decides nothing: how long work took, since when a candidate is there.
    let measured = [
        "src/core/rule/cost.rs",
        "src/core/engine/batch.rs",
        "src/core/engine/evaluator.rs",
        "src/workbench/case/suite.rs",
        "src/live/shadow/candidates.rs",
    ]
    .map(Path::new);
    let deciding = ["src/core", "src/workbench/case", "src/live/shadow"].map(Path::new);
    let files = deciding.iter().flat_map(|folder| files_below(folder, ".rs"));
    for file in files.filter(|file| !file.iter().any(|part| part == "tests")) {
        let program = program_part(&fs::read_to_string(&file).expect("UTF-8"));
        for clock in clocks.iter().filter(|clock| program.contains(**clock)) {
            assert!(measured.contains(&&*file), "{} reads a clock: {clock}", file.display());
        }
    }
    for file in measured {
        let program = program_part(&fs::read_to_string(file).expect("a file that measures"));
        assert!(clocks.iter().any(|clock| program.contains(clock)), "{} measures nothing", file.display());
    }
}

/// What each top-level module of a crate uses of the crate's others.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// What stands in the program: no tests, no comments.
fn program_part(text: &str) -> String {
    let program = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    program.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Top-level modules that a module at this depth names: `crate::NAME`, `crate::{NAME, …}`, and by way of `super`.
fn named_in(program: &str, depth: usize) -> BTreeSet<String> {
    let single = Regex::new(r"\bcrate::(\w+)").expect("a pattern");
    let group = Regex::new(r"\bcrate::\{([^}]*)").expect("a pattern");
    let upwards = Regex::new(r"\b((?:super::)+)(\w+)").expect("a pattern");
    let first = |path: &str| path.trim().split("::").next().unwrap_or_default().to_owned();
    let mut named: BTreeSet<String> = single.captures_iter(program).map(|found| found[1].to_owned()).collect();
    named.extend(group.captures_iter(program).flat_map(|found| found[1].split(',').map(first).collect::<Vec<_>>()));
    let to_the_root = upwards.captures_iter(program).filter(|found| found[1].matches("super").count() >= depth);
    named.extend(to_the_root.map(|found| found[2].to_owned()));
    named
}

fn uses(root: &Path) -> Uses {
    let mut uses = Uses::new();
    for file in files_below(root, ".rs") {
        let inside = file.strip_prefix(root).expect("below it").with_extension("");
        let parts: Vec<&str> = inside.iter().filter_map(|part| part.to_str()).collect();
        let is_test = parts.iter().any(|part| *part == "tests" || part.ends_with("_tests"));
        if is_test || parts == ["lib"] {
            continue;
        }
        let depth = parts.iter().filter(|part| **part != "mod").count();
        let named = named_in(&program_part(&fs::read_to_string(&file).expect("UTF-8")), depth);
        uses.entry(parts[0].to_owned()).or_default().extend(named);
    }
    uses
}

/// The folders that a folder uses, itself or by way of files beside the folders.
fn folders_used<'a>(uses: &'a Uses, folder: &str, is_folder: &dyn Fn(&str) -> bool) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<&str> = uses[folder].iter().map(String::as_str).collect();
    while let Some(module) = waiting.pop() {
        if seen.insert(module) && !is_folder(module) {
            waiting.extend(uses.get(module).into_iter().flatten().map(String::as_str));
        }
    }
    seen.into_iter().filter(|module| *module != folder && is_folder(module)).collect()
}

/// Folders that need each other: what is left of a crate when those are taken away, again and again, that use nothing
/// that is left or that nothing left uses.
fn in_circles(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let uses = uses(root);
    let is_folder = |module: &str| root.join(module).is_dir();
    let used_by = |folder: &String| {
        let used = folders_used(&uses, folder, &is_folder);
        (folder.clone(), used.into_iter().map(str::to_owned).collect())
    };
    let mut left: BTreeMap<String, BTreeSet<String>> =
        uses.keys().filter(|module| is_folder(module)).map(used_by).collect();
    loop {
        let used: BTreeSet<String> = left.values().flatten().cloned().collect();
        let names: BTreeSet<String> = left.keys().filter(|name| used.contains(*name)).cloned().collect();
        for used in left.values_mut() {
            used.retain(|name| names.contains(name));
        }
        let before = left.len();
        left.retain(|name, used| names.contains(name) && !used.is_empty());
        if left.len() == before {
            return left;
        }
    }
}

#[test]
fn no_folders_of_a_crate_need_each_other() {
    for name in CRATES {
        assert_eq!(in_circles(&Path::new("src").join(name)), BTreeMap::new(), "{name}: who uses whom in a circle");
    }
}

#[test]
fn a_circle_is_found_whichever_way_it_is_written() {
    let place = tempfile::tempdir().expect("a folder");
    for (file, text) in [
        ("a/mod.rs", "use crate::beside::X;\n"),
        ("beside.rs", "use super::b::X;\n"),
        ("b/deep/x.rs", "use crate::{c::X, Y};\n"),
        ("c/x.rs", "use super::super::a::X;\n"),
        ("d/x.rs", "use crate::a::X;\n// crate::d\n"),
        ("a/x_tests.rs", "use crate::d::X;\n"),
    ] {
        let path = place.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }
    let found = in_circles(place.path());
    let circle =
        [("a", "b"), ("b", "c"), ("c", "a")].map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])));
    assert_eq!(found, circle.into());
}
