//! The office's identity provider: a certified one, with made-up people (`tests/oidc`), and a browser without pages that goes
//! there and back.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::console::{Console, PREFIX, Page};
use super::mark::{Need, check_mark};
use super::program::{EngineProcess, Program, nowhere};

/// What the console proves itself with.
pub const SECRET: &str = "a-secret-of-the-console-and-the-provider";

/// A running provider.
pub struct IdentityProvider {
    process: Child,
    pub issuer: String,
    /// It writes notices while it runs: an output that nobody holds would end it.
    _notices: Lines<BufReader<ChildStdout>>,
}

impl IdentityProvider {
    /// For a console at an address such as `http://127.0.0.1:9466`.
    pub fn start(console: &str) -> Self {
        // Node comes with what browsers need.
        check_mark(Need::Browser);
        let fetch = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc/fetch.sh");
        let output = Command::new("sh").arg(fetch).output().expect("sh runs");
        assert!(output.status.success(), "no provider:\n{}", String::from_utf8_lossy(&output.stderr));
        let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let issuer = format!("http://{}", nowhere());
        let mut process = Command::new("node")
            .current_dir(folder)
            .args(["provider.mjs", &issuer, SECRET, &format!("{console}{PREFIX}/login/provider/callback")])
            .arg(format!("{console}/"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        assert!(lines.by_ref().map_while(Result::ok).any(|line| line == "ready"), "the provider does not start");
        Self { process, issuer, _notices: lines }
    }

    /// Has it do what it would not do by itself.
    pub fn control(&self, what: &Value) {
        let answer = ureq::post(format!("{}/control", self.issuer)).send_json(what).expect("it answers");
        assert_eq!(answer.status().as_u16(), 204);
    }

    /// The part of a configuration that names it.
    pub fn section(&self, further: &str) -> String {
        let issuer = json!(self.issuer);
        format!(
            "[console.oidc]\nissuer = {issuer}\nclient_id = \"yujing-console\"\nclient_secret = \"env:OIDC_SECRET\"\n{further}\n\
             [[console.oidc.groups]]\ngroup = \"district-viewers\"\nroles = [\"viewer\"]\nareas = [\"/\"]\n\
             [[console.oidc.groups]]\ngroup = \"station-officers\"\nroles = [\"officer\"]\n\
             duties = [\"station/示例街道=officer\"]\nareas = [\"示例街道\"]\n"
        )
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An office with a provider, and a configuration that names it. There is no Kafka.
pub struct Office {
    pub provider: IdentityProvider,
    pub program: Program,
    /// Where its console is.
    pub listen: String,
    pub folder: TempDir,
}

impl Office {
    /// Further keys of `[console.oidc]`.
    pub fn with(further: &str) -> Self {
        let listen = nowhere();
        let provider = IdentityProvider::start(&format!("http://{listen}"));
        let (folder, mut program) = (tempfile::tempdir().expect("a folder"), Program::on(&nowhere()));
        let file = folder.path().join("yujing.toml");
        std::fs::write(&file, provider.section(further)).expect("written");
        for (name, value) in [
            ("YUJING_CONFIG", file.display().to_string()),
            ("YUJING__CONSOLE__PUBLIC_URL", format!("http://{listen}")),
            ("OIDC_SECRET", SECRET.to_owned()),
        ] {
            program.environment.push((name.to_owned(), value));
        }
        Self { provider, program, listen, folder }
    }

    /// Its console, with an administrator who has a password.
    pub fn console(&self) -> (Console<'_>, EngineProcess, Page) {
        let console = Console::at(&self.program, &self.listen);
        let process = console.start();
        let administrator = console.account("root", &["--role", "administrator"]);
        (console, process, administrator)
    }
}

/// A browser that keeps the cookies of each server.
#[derive(Debug, Clone, Default)]
pub struct Browser(Vec<(String, String, String)>);

/// What it was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Where it is sent, in full.
    pub location: Option<String>,
    pub body: String,
}

impl Browser {
    pub fn get(&mut self, url: &str) -> Answer {
        self.ask("GET", url, "")
    }

    /// Asks for an address, with a form where there is one.
    fn ask(&mut self, method: &str, url: &str, form: &str) -> Answer {
        let server = server_of(url);
        let cookies = self.0.iter().filter(|(of, ..)| of == server);
        let cookies = cookies.map(|(_, name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = ureq::http::Request::builder().method(method).uri(url).header("cookie", cookies);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let mut response = agent.run(request.body(form.to_owned()).expect("a request")).expect("it answers");
        for cookie in response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.0.retain(|(of, known, _)| !(of == server && known == name));
            if !value.is_empty() {
                self.0.push((server.to_owned(), name.to_owned(), value.to_owned()));
            }
        }
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.map(|to| if to.starts_with('/') { format!("{server}{to}") } else { to.to_owned() });
        let status = response.status().as_u16();
        Answer { status, location, body: response.body_mut().read_to_string().unwrap_or_default() }
    }

    /// The value of a cookie.
    pub fn cookie(&self, url: &str, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(of, known, _)| of == server_of(url) && known == name);
        found.map(|(.., value)| value.as_str())
    }

    /// Goes from the console to the provider, logs in there, and stops before it goes back: where it is sent.
    pub fn log_in_at_provider(&mut self, console: &str, name: &str) -> String {
        let mut to = format!("{console}{PREFIX}/login/provider");
        for _ in 0..10 {
            let answer = self.get(&to);
            let answer = match answer.location {
                None => self.ask("POST", &to, &format!("prompt=login&login={name}&password=any")),
                Some(_) => answer,
            };
            to = answer.location.unwrap_or_else(|| panic!("{to}: {} {}", answer.status, answer.body));
            if to.starts_with(console) {
                return to;
            }
        }
        panic!("it does not come back: {to}");
    }

    /// The whole way; the page on which it ends, without the console's address.
    pub fn log_in(&mut self, console: &str, name: &str) -> String {
        let back = self.log_in_at_provider(console, name);
        self.come_back(&back)
    }

    /// Follows the last step.
    pub fn come_back(&mut self, back: &str) -> String {
        let answer = self.get(back);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let to = answer.location.expect("a page");
        to.strip_prefix(server_of(back)).unwrap_or_else(|| panic!("elsewhere: {to}")).to_owned()
    }
}

/// Scheme, host and port of an address.
fn server_of(url: &str) -> &str {
    let (scheme, rest) = url.split_once("://").expect("an address");
    &url[..scheme.len() + 3 + rest.find('/').unwrap_or(rest.len())]
}
