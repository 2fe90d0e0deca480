//! `yujing console` as people run it, with a folder and an address of its own, and pages that ask it.

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::kafka::eventually;
use super::program::{EngineProcess, Program, nowhere};

/// What all paths of the API begin with.
pub const PREFIX: &str = "/api/console/v1";

/// A console beside the engine of a program.
pub struct Console<'a> {
    program: &'a Program,
    pub folder: TempDir,
    pub listen: String,
    settings: Vec<(String, String)>,
}

/// A page in which somebody is logged in, or nobody.
#[derive(Clone)]
pub struct Page {
    url: String,
    cookie: String,
    csrf: String,
}

impl<'a> Console<'a> {
    pub fn beside(program: &'a Program) -> Self {
        Self::in_folder(program, tempfile::tempdir().expect("a folder"))
    }

    /// With the databases of another that has ended.
    pub fn in_folder(program: &'a Program, folder: TempDir) -> Self {
        Self { program, folder, listen: nowhere(), settings: Vec::new() }
    }

    /// At an address that was chosen before.
    pub fn at(program: &'a Program, listen: &str) -> Self {
        Self { listen: listen.to_owned(), ..Self::beside(program) }
    }

    /// With a variable: a key of its section of the configuration, or one that is not ours.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let name = if name.starts_with("AWS_") { name.to_owned() } else { format!("YUJING__CONSOLE__{name}") };
        self.settings.push((name, value.into()));
        self
    }

    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(arguments).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.program.command(arguments);
        command.env("YUJING__CONSOLE__DATA", self.folder.path());
        command.env("YUJING__CONSOLE__LISTEN", &self.listen);
        command.env("YUJING__CONSOLE__ENGINE", &self.program.server);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it and waits until it answers.
    pub fn start(&self) -> EngineProcess {
        let process = self.spawn();
        eventually("answers", || self.stranger().probe("/healthz").filter(|status| *status == 200));
        process
    }

    /// Starts it.
    pub fn spawn(&self) -> EngineProcess {
        EngineProcess::of(self.command(&["console"]).stderr(Stdio::piped()).spawn().expect("it starts"))
    }

    /// Waits until it shows everything.
    pub fn wait_until_ready(&self) {
        eventually("ready", || self.stranger().probe("/readyz").filter(|status| *status == 200));
    }

    /// A page in which nobody is logged in.
    pub fn stranger(&self) -> Page {
        Page { url: self.address(), cookie: String::new(), csrf: String::new() }
    }

    /// Where its pages are.
    pub fn address(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// The link that makes an account, once.
    pub fn invite(&self, access: &[&str]) -> String {
        let (code, link, err) = self.run(&[&["console", "invite"], access].concat());
        assert_eq!(code, Some(0), "{err}");
        link.trim().to_owned()
    }

    /// Makes an account by a link of the command, and logs in.
    pub fn account(&self, name: &str, access: &[&str]) -> Page {
        let link = self.invite(access);
        let (_, token) = link.split_once("/#/invitation/").expect("a link");
        let given = json!({ "token": token, "name": name, "password": "correct horse battery" });
        let (status, session, page) = self.stranger().logged_in("/invitations/accept", &given);
        assert_eq!(status, 201, "{session}");
        page
    }
}

impl Page {
    fn agent() -> ureq::Agent {
        ureq::Agent::config_builder().http_status_as_error(false).build().into()
    }

    pub fn probe(&self, path: &str) -> Option<u16> {
        Some(Self::agent().get(format!("{}{path}", self.url)).call().ok()?.status().as_u16())
    }

    pub fn address(&self) -> &str {
        &self.url
    }

    /// What says whose session it is, and that a page of the console asks.
    pub fn headers(&self) -> [(&'static str, &str); 2] {
        [("cookie", &self.cookie), ("x-csrf-token", &self.csrf)]
    }

    /// The headers and the text of a file.
    pub fn file(&self, path: &str) -> (ureq::http::HeaderMap, String) {
        let mut response = Self::agent().get(format!("{}{path}", self.url)).call().expect("it answers");
        (response.headers().clone(), response.body_mut().read_to_string().expect("a text"))
    }

    /// Logs in by a request, and gives the page of the session.
    pub fn logged_in(&self, path: &str, given: &Value) -> (u16, Value, Self) {
        let mut response =
            Self::agent().post(format!("{}{PREFIX}{path}", self.url)).send_json(given).expect("it answers");
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let status = response.status().as_u16();
        let session: Value = response.body_mut().read_json().unwrap_or_default();
        let csrf = session["csrf_token"].as_str().unwrap_or_default().to_owned();
        (status, session, Self { url: self.url.clone(), cookie, csrf })
    }

    /// With the cookie of a session.
    pub fn with_session(&self, token: &str) -> Self {
        Self { cookie: format!("yujing_session={token}"), ..self.clone() }
    }

    /// The same session with its token against requests of other sites.
    pub fn with_csrf(&self, token: &str) -> Self {
        Self { csrf: token.to_owned(), ..self.clone() }
    }

    /// The same session without its token against requests of other sites.
    pub fn without_csrf(&self) -> Self {
        Self { csrf: String::new(), ..self.clone() }
    }

    /// Asks for a path of the API.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{PREFIX}{path}", self.url));
        for (name, value) in self.headers() {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let response = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                Self::agent().run(request.expect("a request"))
            }
            None => Self::agent().run(request.body(()).expect("a request")),
        };
        let mut response = response.expect("it answers");
        let status = response.status().as_u16();
        let is_stream = response.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream { Value::Null } else { response.body_mut().read_json().unwrap_or_default() };
        (status, body)
    }

    /// Sends a file.
    pub fn send_file(&self, path: &str, file: &[u8]) -> (u16, Value) {
        let request = Self::agent().post(format!("{}{PREFIX}{path}", self.url)).header("cookie", &self.cookie);
        let request = request.header("x-csrf-token", &self.csrf).content_type("application/octet-stream");
        let mut response = request.send(file).expect("it answers");
        (response.status().as_u16(), response.body_mut().read_json().unwrap_or_default())
    }

    /// A file, with the headers it comes with; `known` is the tag of the one that is there already.
    pub fn take_file(&self, path: &str, known: &str) -> (u16, ureq::http::HeaderMap, Vec<u8>) {
        let request = Self::agent().get(format!("{}{PREFIX}{path}", self.url)).header("cookie", &self.cookie);
        let mut response = request.header("if-none-match", known).call().expect("it answers");
        let headers = response.headers().clone();
        (response.status().as_u16(), headers, response.body_mut().read_to_vec().expect("a file"))
    }

    /// What stands at a path.
    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, None);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask("POST", path, Some(body))
    }
}
