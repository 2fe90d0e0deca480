//! Somebody who is logged in at the console and asks what its pages ask.

use std::io::{BufRead as _, BufReader};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};
use ureq::Agent;

/// What the paths of the API begin with.
const PREFIX: &str = "/api/console/v1";

pub struct Person {
    agent: Agent,
    address: String,
    /// Of the session; it is good for a quarter of an hour, longer than anybody stays here.
    cookie: String,
    csrf_token: String,
}

impl Person {
    /// Makes an account by its link.
    pub fn accept(address: &str, link: &str, name: &str) -> Self {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let (_, token) = link.split_once("/#/invitation/").expect("a link");
        let given = json!({ "token": token, "name": name, "password": "correct horse battery" });
        let url = format!("{address}{PREFIX}/invitations/accept");
        let mut answer = agent.post(url).send_json(given).expect("the console answers");
        let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).expect("a session").to_owned();
        let session: Value = answer.body_mut().read_json().expect("it is JSON");
        let csrf_token = session["csrf_token"].as_str().expect("a token").to_owned();
        Self { agent, address: address.to_owned(), cookie, csrf_token }
    }

    /// The header by which the console knows the session.
    pub fn header(&self) -> String {
        format!("cookie: {}", self.cookie)
    }

    /// The whole address of a path of the API.
    pub fn url(&self, path: &str) -> String {
        format!("{}{PREFIX}{path}", self.address)
    }

    /// What stands at a path; `None` if the console is too busy to say it.
    pub fn ask(&self, path: &str) -> Option<Value> {
        let request = self.agent.get(self.url(path)).header("cookie", &self.cookie);
        let mut answer = request.call().expect("the console answers");
        let body: Value = answer.body_mut().read_json().expect("it is JSON");
        assert!(answer.status() == 200 || answer.status().is_server_error(), "{path}: {body}");
        (answer.status() == 200).then_some(body)
    }

    /// What stands at a path, when the console has time for it.
    pub fn get(&self, path: &str) -> Value {
        self.ask(path).unwrap_or_else(|| panic!("{path}: the console is too busy"))
    }

    /// The values of a field in the rows of a list.
    pub fn column(&self, path: &str, list: &str, field: &str) -> Vec<String> {
        let page = self.get(path);
        let rows = page[list].as_array().into_iter().flatten();
        rows.filter_map(|row| row[field].as_str().map(str::to_owned)).collect()
    }

    /// Sends something that is taken.
    pub fn post(&self, path: &str, body: &Value) {
        let request = self.agent.post(self.url(path)).header("cookie", &self.cookie);
        let mut answer = request.header("x-csrf-token", &self.csrf_token).send_json(body).expect("the console answers");
        assert_eq!(answer.status(), 202, "{path}: {:?}", answer.body_mut().read_to_string());
    }

    /// Opens the stream of changes, as every page does: the ids of warnings that changed together.
    pub fn listen(&self) -> Receiver<Vec<String>> {
        let request = self.agent.get(self.url("/events")).header("cookie", &self.cookie);
        let answer = request.call().expect("the console answers");
        assert_eq!(answer.status(), 200, "no stream");
        let lines = BufReader::new(answer.into_body().into_reader()).lines();
        let (tell, changes) = channel();
        // Ends with the console, or when nobody takes what it tells.
        thread::spawn(move || {
            let mut kind = String::new();
            for line in lines.map_while(Result::ok) {
                match line.split_once(": ") {
                    Some(("event", event)) => event.clone_into(&mut kind),
                    Some(("data", change)) if kind == "changed" => {
                        let warnings = warnings(change);
                        if !warnings.is_empty() && tell.send(warnings).is_err() {
                            return;
                        }
                    }
                    _ => {}
                }
            }
        });
        changes
    }
}

fn warnings(change: &str) -> Vec<String> {
    let change: Value = serde_json::from_str(change).expect("a change is JSON");
    let ids = change["warnings"].as_array().into_iter().flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}
