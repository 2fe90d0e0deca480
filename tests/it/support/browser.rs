//! A real browser, without a window.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::mark::{Need, check_mark};

/// The page as the browser has it after running it, for an address that ends in `#fragment`.
pub fn dom(page: &Path, fragment: &str) -> String {
    check_mark(Need::Browser);
    let browser = chromium().expect("Chromium is there: run `.ci/setup test`, or set YUJING_TEST_CHROMIUM");
    let profile = tempfile::tempdir().expect("a folder");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--dump-dom", &format!("file://{}#{fragment}", page.display())])
        .output()
        .expect("the browser runs");
    let dom = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(dom.contains("</html>"), "{}", String::from_utf8_lossy(&output.stderr));
    dom
}

/// Debian's browser; `.ci/setup test` installs it. `YUJING_TEST_CHROMIUM` names another.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("YUJING_TEST_CHROMIUM") {
        return Some(named.into());
    }
    let places = std::env::split_paths(&std::env::var_os("PATH")?).collect::<Vec<_>>();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    places.iter().flat_map(|place| names.map(|name| place.join(name))).find(|path| path.is_file())
}
