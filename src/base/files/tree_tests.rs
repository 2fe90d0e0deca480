use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

/// More than any honest answer takes; what waits for a writer or reads a device without end takes longer.
const AT_ONCE: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 64;

fn folder(files: &[&str]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for file in files {
        let path = folder.path().join("kept").join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, file).expect("written");
    }
    folder
}

/// What is read of `kept`, and what is refused, by name.
fn read(folder: &TempDir) -> (Vec<String>, Vec<String>) {
    let began = Instant::now();
    let kept = folder.path().join("kept");
    let tree = Tree::walk(&kept, |place| Path::new(place).extension().is_some_and(|ending| ending == "toml"), |_| true)
        .expect("it is read");
    let mut refused: Vec<_> = tree.refused.iter().map(|(path, why)| describe(&kept, path, why)).collect();
    let mut files = Vec::new();
    for place in tree.files.keys() {
        match tree.read(place, MAX_BYTES) {
            Ok(_) => files.push(place.clone()),
            Err(why) => refused.push(describe(&kept, &tree.path(place), &why)),
        }
    }
    assert!(began.elapsed() < AT_ONCE);
    (files, refused)
}

fn describe(folder: &Path, path: &Path, why: &FileError) -> String {
    let place = path.strip_prefix(folder).expect("below the folder").display();
    let kind = format!("{why:?}");
    format!("{place} {}", kind.split([' ', '(', '{']).next().unwrap_or_default())
}

/// Puts something at a path.
type Put<'a> = &'a dyn Fn(&Path);

/// What hostile hands put into a folder, by what is to be said of it.
#[test]
fn what_is_no_file_of_the_folder_is_refused_at_once_and_the_rest_is_read() {
    let link = |to: &'static str| move |at: &Path| symlink(to, at).expect("linked");
    let pipe = |at: &Path| assert!(Command::new("mkfifo").arg(at).status().expect("it runs").success());
    let sparse = |at: &Path| fs::File::create(at).and_then(|file| file.set_len(20 << 30)).expect("made");
    let socket = |at: &Path| drop(std::os::unix::net::UnixListener::bind(at).expect("bound"));
    let cases: [(&str, Put<'_>, &str); 12] = [
        ("a.toml", &link("/etc/passwd"), "a.toml Outside"),
        ("a.toml", &link("/proc/self/environ"), "a.toml Outside"),
        ("a.toml", &link("/dev/zero"), "a.toml Outside"),
        ("a.toml", &link("../secret.toml"), "a.toml Outside"),
        ("a", &link("/etc"), "a Outside"),
        ("a", &link(".."), "a Outside"),
        ("a", &link("."), "a Cycle"),
        ("a", &link("below"), "a Cycle"),
        ("a.toml", &link("a.toml"), "a.toml Unreadable"),
        ("a.toml", &pipe, "a.toml NotAFile"),
        ("a.toml", &sparse, "a.toml TooLong"),
        ("a.toml", &socket, "a.toml NotAFile"),
    ];
    let sound = ["b.toml", "below/c.toml"].map(str::to_owned);
    for (name, put, expected) in cases {
        let folder = folder(&["b.toml", "below/c.toml", "../secret.toml"]);
        put(&folder.path().join("kept").join(name));
        let (files, refused) = read(&folder);
        assert_eq!((files.as_slice(), refused.as_slice()), (&sound[..], &[expected.to_owned()][..]), "{name}");
    }
}

#[test]
fn links_within_the_folder_are_followed_and_what_is_hidden_or_not_wanted_is_left_out() {
    let folder = folder(&["..2026/a.toml", "..2026/below/b.toml", "notes.txt", ".hidden/c.toml"]);
    let kept = folder.path().join("kept");
    for (to, at) in [("..2026", "..data"), ("..data/a.toml", "a.toml"), ("..data/below", "below")] {
        symlink(to, kept.join(at)).expect("linked");
    }
    symlink("/etc/passwd", kept.join("passwd.txt")).expect("linked");
    assert_eq!(read(&folder), (vec!["a.toml".to_owned(), "below/b.toml".to_owned()], Vec::new()));
}

#[test]
fn many_links_in_circles_end() {
    let folder = folder(&["a.toml"]);
    let kept = folder.path().join("kept");
    for name in 0..20 {
        fs::create_dir(kept.join(name.to_string())).expect("made");
        for other in 0..20 {
            symlink(format!("../{other}"), kept.join(format!("{name}/to_{other}"))).expect("linked");
        }
    }
    let (files, refused) = read(&folder);
    assert_eq!((files.len(), refused.len()), (1, 400));
}

#[test]
fn a_file_that_leaves_the_folder_after_the_look_is_not_read() {
    let folder = folder(&["a.toml", "below/b.toml", "../secret/b.toml"]);
    let kept = folder.path().join("kept");
    let tree = Tree::walk(&kept, |place| Path::new(place).extension().is_some_and(|ending| ending == "toml"), |_| true)
        .expect("it is read");
    fs::rename(kept.join("below"), folder.path().join("aside")).expect("moved");
    symlink("../secret", kept.join("below")).expect("linked");
    assert!(matches!(tree.read("below/b.toml", MAX_BYTES), Err(FileError::Outside)));
    assert_eq!(tree.read("a.toml", MAX_BYTES).expect("it is there"), b"a.toml");
}

#[test]
fn a_file_that_somebody_names_may_lie_behind_a_link_but_must_be_a_file_of_a_length() {
    let folder = folder(&["a.toml"]);
    let (link, long) = (folder.path().join("link"), folder.path().join("long"));
    symlink("kept/a.toml", &link).expect("linked");
    fs::write(&long, "x".repeat(MAX_BYTES + 1)).expect("written");
    assert_eq!(super::super::read(&link, MAX_BYTES).expect("it is read"), b"a.toml");
    assert!(matches!(super::super::read(&long, MAX_BYTES), Err(FileError::TooLong { length: 65, longest: MAX_BYTES })));
    assert!(matches!(super::super::read(Path::new("/dev/zero"), MAX_BYTES), Err(FileError::NotAFile)));
    assert!(matches!(super::super::read(Path::new("/proc/self/maps"), MAX_BYTES), Err(FileError::TooLong { .. })));
}
