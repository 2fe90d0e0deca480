//! Pages over TLS, as a client reaches them that trusts one certificate.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rstest::rstest;
use tempfile::TempDir;

use crate::support::console::{Console, PREFIX};
use crate::support::kafka::{eventually, eventually_within};
use crate::support::program::{Program, nowhere};

/// The name in the certificates.
const NAME: &str = "console.test";

/// One of two certificates for the name, each signed by itself, and its key.
fn pair(name: &str) -> [PathBuf; 2] {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/live/server/tls_tests");
    ["crt", "key"].map(|kind| folder.join(format!("{name}.{kind}")))
}

/// Certificate and key of a console, and the program that has them.
struct Served {
    program: Program,
    files: TempDir,
}

impl Served {
    fn with(certificate: &Path, key: &Path) -> Self {
        let mut served = Self { program: Program::on(&nowhere()), files: tempfile::tempdir().expect("a folder") };
        served.install(certificate, key);
        let file = |name: &str| served.files.path().join(name).display().to_string();
        let environment = [
            ("CONSOLE__TLS_CERTIFICATE", file("server.crt")),
            ("CONSOLE__TLS_KEY", file("server.key")),
            ("CONSOLE__PUBLIC_URL", format!("https://{NAME}")),
            ("SERVER__HOSTS", NAME.to_owned()),
        ];
        served.program.environment.extend(environment.map(|(name, value)| (format!("YUJING__{name}"), value)));
        served
    }

    fn install(&self, certificate: &Path, key: &Path) {
        for (from, to) in [(certificate, "server.crt"), (key, "server.key")] {
            std::fs::copy(from, self.files.path().join(to)).expect("copied");
        }
    }
}

/// A client that trusts one certificate alone.
struct Client<'a> {
    console: &'a Console<'a>,
    trusted: PathBuf,
}

impl Client<'_> {
    /// Whether it is answered, and headers and body or why not.
    fn ask(&self, path: &str, further: &[&str]) -> (bool, String) {
        let (_, port) = self.console.listen.split_once(':').expect("a port");
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--include", "--max-time", "20", "--cacert"])
            .arg(&self.trusted)
            .args(["--resolve", &format!("{NAME}:{port}:127.0.0.1")])
            .args(further)
            .arg(format!("https://{NAME}:{port}{path}"))
            .output()
            .expect("curl is there: run `.ci/setup test`");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    }
}

#[test]
fn over_tls_browsers_come_back_by_tls_only_and_cookies_go_by_nothing_else() {
    let [certificate, key] = pair("first");
    let served = Served::with(&certificate, &key);
    let console = Console::beside(&served.program);
    let link = console.invite(&["--role", "administrator"]);
    assert!(link.starts_with("https://console.test/#/invitation/"), "{link}");
    let _process = console.spawn();
    let client = Client { console: &console, trusted: certificate };
    let page = eventually("a page", || Some(client.ask("/", &[])).filter(|(answered, _)| *answered)).1;
    assert!(page.contains("strict-transport-security: max-age=31536000"), "{page}");

    let (_, token) = link.rsplit_once('/').expect("a token");
    let body = format!(r#"{{"token":"{token}","name":"root","password":"correct horse battery"}}"#);
    let accept = ["--header", "content-type: application/json", "--data", &body];
    let (_, made) = client.ask(&format!("{PREFIX}/invitations/accept"), &accept);
    let cookie = made.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie").trim();
    let (pair_of_it, bounds) = cookie.split_once("; ").expect("bounds");
    assert_eq!(bounds, "Path=/; HttpOnly; SameSite=Strict; Secure");
    let value = pair_of_it.strip_prefix("__Host-yujing_session=").expect("a name that no other host can set");
    for (given, status) in [(pair_of_it.to_owned(), "200"), (format!("yujing_session={value}"), "401")] {
        let (_, answer) = client.ask(&format!("{PREFIX}/session"), &["--cookie", &given]);
        assert!(answer.contains(&format!("HTTP/1.1 {status}")), "{status}: {answer}");
    }

    // Old versions and plain HTTP get nothing.
    assert!(client.ask("/healthz", &["--tls-max", "1.2"]).0);
    let old = ["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"];
    let (answered, said) = client.ask("/healthz", &old);
    assert!(!answered && said.contains(" alert "), "{said}");
    assert_eq!(console.stranger().probe("/healthz"), None);
}

#[test]
fn a_certificate_that_was_renewed_is_taken_without_a_restart() {
    let ([certificate, key], [next, next_key]) = (pair("first"), pair("second"));
    let served = Served::with(&certificate, &key);
    let console = Console::beside(&served.program);
    let _process = console.spawn();
    let (before, after) =
        (Client { console: &console, trusted: certificate }, Client { console: &console, trusted: next.clone() });
    eventually("a page", || before.ask("/healthz", &[]).0.then_some(()));
    assert!(!after.ask("/healthz", &[]).0);
    served.install(&next, &next_key);
    // The guide says within a minute.
    eventually_within(Duration::from_secs(90), "the renewed certificate", || {
        after.ask("/healthz", &[]).0.then_some(())
    });
    assert!(!before.ask("/healthz", &[]).0);
}

#[rstest]
#[case::another_key("first.crt", "second.key", "do not work together")]
#[case::no_certificate("first.key", "first.key", "has no certificate in PEM")]
#[case::no_key("first.crt", "first.crt", "has no private key in PEM")]
fn a_certificate_or_key_that_is_no_good_keeps_it_from_starting(
    #[case] certificate: &str,
    #[case] key: &str,
    #[case] says: &str,
) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/live/server/tls_tests");
    let served = Served::with(&folder.join(certificate), &folder.join(key));
    let (code, _, said) = Console::beside(&served.program).run(&["console"]);
    assert_eq!(code, Some(78), "{said}");
    for part in ["`console.tls_certificate` and `console.tls_key`", says, "/server."] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_certificate_that_is_not_there_keeps_it_from_starting() {
    let [certificate, key] = pair("first");
    let served = Served::with(&certificate, &key);
    std::fs::remove_file(served.files.path().join("server.crt")).expect("removed");
    let (code, _, said) = Console::beside(&served.program).run(&["console"]);
    assert!(code == Some(78) && said.contains("server.crt` cannot be read"), "{said}");
}
