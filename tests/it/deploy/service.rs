//! The systemd units, read by systemd itself.

use std::os::unix::fs::PermissionsExt as _;

use rstest::rstest;

use super::text;
use crate::support::tool::call;

#[rstest]
#[case::engine("yujing.service", "run")]
#[case::notify("yujing-notify.service", "notify")]
#[case::console("yujing-console.service", "console")]
fn systemd_accepts_the_unit(#[case] name: &str, #[case] command: &str) {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join("systemd-analyze").is_file());
    if !found {
        println!("systemd-analyze is not here: the unit was not checked");
        return;
    }
    let place = tempfile::tempdir().expect("a temporary folder");
    // The program need not be installed where the tests run.
    let program = place.path().join("yujing");
    std::fs::write(&program, "").expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("made executable");
    let shipped = text(name);
    let line = format!("ExecStart=/usr/local/bin/yujing {command}\n");
    assert!(shipped.contains(&line), "{shipped}");
    // What is commented out for those who need it is to be right too.
    let unit = shipped
        .replace(&line, &format!("ExecStart={} {command}\n", program.display()))
        .replace("#LoadCredential", "LoadCredential")
        .replace("#Environment", "Environment");
    std::fs::write(place.path().join(name), unit).expect("written");
    let (content, said) = call("systemd-analyze", &["verify", "--man=no", &format!("./{name}")], place.path(), "");
    assert!(content && !said.contains(name), "{said}");
}
