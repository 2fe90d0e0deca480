//! Notices changes under the rules folder by looking at it, as a whole, every second: a look at a few hundred files
//! costs less than a millisecond. Editors and mounted volumes replace files by renaming, network and overlay file
//! systems report no changes, and the folder may itself be replaced; looking finds them all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use yujing_base::files::tree::FileState;
use yujing_workbench::rules_folder;

/// Each file by its path, and how it looks if it is read.
type Seen = BTreeMap<String, Option<FileState>>;

/// A folder that is looked at now and then.
#[derive(Debug)]
pub struct Watch {
    folder: PathBuf,
    /// `None` if the folder could not be read.
    seen: Option<Seen>,
}

impl Watch {
    /// Takes the first look.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), seen: look(folder) }
    }

    /// Whether anything is other than at the last look.
    pub fn has_changed(&mut self) -> bool {
        let now = look(&self.folder);
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}

/// What is refused is seen too, so that an attempt reports it.
fn look(folder: &Path) -> Option<Seen> {
    let tree = rules_folder::walk(folder).ok()?;
    let mut seen: Seen = tree.files.into_iter().map(|(place, look)| (place, Some(look))).collect();
    seen.extend(tree.refused.into_iter().map(|(path, _)| (path.to_string_lossy().into_owned(), None)));
    Some(seen)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Watched {
        folder: tempfile::TempDir,
        watch: Watch,
    }

    impl Watched {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let rules = folder.path().join("rules");
            fs::create_dir(&rules).expect("a folder");
            fs::write(rules.join("a.rhai"), "1").expect("written");
            let mut watch = Watch::new(&rules);
            assert!(!watch.has_changed());
            Self { folder, watch }
        }

        fn at(&self, path: &str) -> PathBuf {
            self.folder.path().join(path)
        }
    }

    #[test]
    fn a_file_replaced_by_renaming_is_noticed_once_and_reading_is_not() {
        let mut watched = Watched::new();
        fs::read(watched.at("rules/a.rhai")).expect("read");
        fs::write(watched.at("rules/.a.rhai.swp"), "2").expect("written");
        assert!(!watched.watch.has_changed(), "reading is no change, and what an editor hides is none");
        fs::write(watched.at("new"), "2").expect("written");
        fs::rename(watched.at("new"), watched.at("rules/a.rhai")).expect("renamed");
        assert!(watched.watch.has_changed());
        assert!(!watched.watch.has_changed());
    }

    #[test]
    fn a_file_in_a_new_folder_and_one_that_goes_are_noticed() {
        let mut watched = Watched::new();
        fs::create_dir(watched.at("rules/pests")).expect("a folder");
        fs::write(watched.at("rules/pests/b.rhai"), "2").expect("written");
        assert!(watched.watch.has_changed());
        fs::remove_file(watched.at("rules/a.rhai")).expect("removed");
        assert!(watched.watch.has_changed());
    }

    #[test]
    fn a_folder_that_goes_and_comes_back_is_noticed_both_times() {
        let mut watched = Watched::new();
        fs::remove_dir_all(watched.at("rules")).expect("removed");
        assert!(watched.watch.has_changed());
        fs::create_dir(watched.at("rules")).expect("a folder");
        fs::write(watched.at("rules/a.rhai"), "3").expect("written");
        assert!(watched.watch.has_changed());
    }

    #[test]
    fn a_link_to_another_folder_is_followed() {
        let mut watched = Watched::new();
        fs::rename(watched.at("rules"), watched.at("1")).expect("renamed");
        fs::create_dir(watched.at("2")).expect("a folder");
        fs::write(watched.at("2/a.rhai"), "1").expect("written");
        std::os::unix::fs::symlink(watched.at("2"), watched.at("rules")).expect("linked");
        assert!(watched.watch.has_changed());
        fs::write(watched.at("2/a.rhai"), "44").expect("written");
        assert!(watched.watch.has_changed());
    }
}
