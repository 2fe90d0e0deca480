//! The systemd unit, read by systemd itself.

use std::os::unix::fs::PermissionsExt as _;

use super::text;
use crate::support::tool::call;

#[test]
fn systemd_accepts_the_unit() {
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
    let shipped = text("yujing.service");
    let line = "ExecStart=/usr/local/bin/yujing run\n";
    assert!(shipped.contains(line), "{shipped}");
    // What is commented out for those who need it is to be right too.
    let unit = shipped
        .replace(line, &format!("ExecStart={} run\n", program.display()))
        .replace("#LoadCredential", "LoadCredential")
        .replace("#Environment", "Environment");
    std::fs::write(place.path().join("yujing.service"), unit).expect("written");
    let (content, said) = call("systemd-analyze", &["verify", "--man=no", "./yujing.service"], place.path(), "");
    assert!(content && !said.contains("yujing.service"), "{said}");
}
