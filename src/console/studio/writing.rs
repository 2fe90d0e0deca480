//! Files into the rules folder: each is written beside its place, hidden from those who read the folder, and then put
//! there; nothing is put there before all are written. Whoever ends amid this leaves files of which each is whole, and the
//! next start goes on.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What is to stand at a path; none: nothing.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Below the folder.
    pub path: &'a str,
    pub text: Option<&'a str>,
}

/// Writes all of them, or none if one cannot be written beside its place.
///
/// # Errors
/// If the folder takes no files, or a place leads out of it.
pub fn write(folder: &Path, wanted: &[Wanted<'_>]) -> io::Result<()> {
    let root = fs::canonicalize(folder)?;
    let mut ready = Vec::new();
    let prepared = wanted.iter().try_for_each(|one| {
        ready.push(Ready::prepare(&root, *one)?);
        Ok::<_, io::Error>(())
    });
    if let Err(error) = prepared {
        for one in &ready {
            one.discard();
        }
        return Err(error);
    }
    ready.iter().try_for_each(Ready::put)
}

/// A file that is ready to be put in its place.
struct Ready {
    place: PathBuf,
    /// Where it waits; none: the file is taken away.
    waiting: Option<PathBuf>,
}

impl Ready {
    fn prepare(root: &Path, Wanted { path, text }: Wanted<'_>) -> io::Result<Self> {
        let place = root.join(path);
        let parent = place.parent().unwrap_or(root).to_owned();
        let Some(text) = text else { return Ok(Self { place: inside(root, &parent, &place)?, waiting: None }) };
        fs::create_dir_all(&parent)?;
        let place = inside(root, &parent, &place)?;
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let waiting = place.with_file_name(format!(".{name}.yujing"));
        let mut file = File::create(&waiting)?;
        file.write_all(text.as_bytes())?;
        if let Ok(before) = fs::metadata(&place) {
            file.set_permissions(before.permissions())?;
        }
        file.sync_all()?;
        Ok(Self { place, waiting: Some(waiting) })
    }

    fn put(&self) -> io::Result<()> {
        match &self.waiting {
            Some(waiting) => fs::rename(waiting, &self.place)?,
            None => match fs::remove_file(&self.place) {
                // Nothing is there, perhaps not even the folder.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                removed => removed?,
            },
        }
        self.place.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
    }

    fn discard(&self) {
        if let Some(waiting) = &self.waiting {
            // What is left is hidden, and overwritten another time.
            let _ = fs::remove_file(waiting);
        }
    }
}

/// A place, if neither a link on the way to it nor one that stands there leads elsewhere.
fn inside(root: &Path, parent: &Path, place: &Path) -> io::Result<PathBuf> {
    let parent = match fs::canonicalize(parent) {
        Ok(parent) => parent,
        // Nothing is there, so there is nothing to take away.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(place.to_owned()),
        Err(error) => return Err(error),
    };
    let name = place.file_name().unwrap_or_default();
    let place = parent.join(name);
    let is_link = fs::symlink_metadata(&place).is_ok_and(|found| found.file_type().is_symlink());
    if is_link || !parent.starts_with(root) {
        let message = format!("{} is a link, or lies behind one: it is not written", place.display());
        return Err(io::Error::other(message));
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(path: &'a str, text: Option<&'a str>) -> Wanted<'a> {
        Wanted { path, text }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_put_changed_and_taken_away_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        write(root, &[wanted("a.rhai", Some("1")), wanted("new/b.rhai", Some("2"))]).expect("written");
        let again = [wanted("a.rhai", None), wanted("new/b.rhai", Some("3")), wanted("none/c.rhai", None)];
        write(root, &again).expect("written");
        write(root, &again).expect("the same again");
        assert_eq!((names(root), names(&root.join("new"))), (vec!["new".to_owned()], vec!["b.rhai".to_owned()]));
        assert_eq!(fs::read_to_string(root.join("new/b.rhai")).expect("read"), "3");
    }

    #[test]
    fn if_one_cannot_be_written_none_is_and_no_link_leads_out() {
        let (folder, outside) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let root = folder.path();
        fs::write(root.join("a.rhai"), "1").expect("written");
        fs::write(outside.path().join("c.rhai"), "theirs").expect("written");
        std::os::unix::fs::symlink(outside.path(), root.join("away")).expect("linked");
        std::os::unix::fs::symlink(outside.path().join("c.rhai"), root.join("c.rhai")).expect("linked");
        for refused in ["away/b.rhai", "c.rhai", "a.rhai/b.rhai"] {
            let both = [wanted("a.rhai", Some("2")), wanted(refused, Some("2"))];
            assert!(write(root, &both).is_err(), "{refused}");
            assert_eq!(fs::read_to_string(root.join("a.rhai")).expect("read"), "1", "{refused}");
        }
        assert_eq!(names(root), ["a.rhai", "away", "c.rhai"]);
        assert_eq!(names(outside.path()), ["c.rhai"]);
        assert_eq!(fs::read_to_string(outside.path().join("c.rhai")).expect("read"), "theirs");
    }
}
