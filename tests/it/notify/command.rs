//! `yujing notify --check`: the file of notifications, without connecting to anything.

use assert_cmd::Command;

fn check(file: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify.toml");
    std::fs::write(&path, file).expect("written");
    let output = Command::cargo_bin("yujing")
        .expect("it is built")
        .args(["notify", "--check", "--lang", "en"])
        .env("YUJING__NOTIFY__FILE", &path)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

const GOOD: &str =
    "default = [\"duty\"]\n[channels.duty]\nkind = \"wecom\"\nurl = \"https://robots.example/?key=hunter2\"\n";

#[test]
fn a_file_in_order_is_told_in_a_line() {
    assert_eq!(check(GOOD), (Some(0), "the file of notifications is in order: 1 channels, 0 routes\n".to_owned()));
}

#[test]
fn a_mistake_is_told_with_its_place_and_without_secrets_and_the_exit_code_says_that_no_restart_helps() {
    let (code, said) = check(&format!("{GOOD}per_minut = 20\n"));
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("notify.toml:5:1") && said.contains("notify/unknown-key"), "{said}");
    assert!(said.contains("did you mean `per_minute`?") && !said.contains("hunter2"), "{said}");
    let (code, said) = check(&GOOD.replace("url =", "ur ="));
    assert!(code == Some(78) && !said.contains("hunter2"), "{said}");
}
