//! People whom the office's identity provider brings: who is let in, what they may, and bad days.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::console::{Console, PREFIX, Page};
use crate::support::identity_provider::{Browser, Office, SECRET};

/// The page of whoever a browser is logged in as.
fn page(console: &Console<'_>, browser: &Browser) -> Option<(Page, Value)> {
    let token = browser.cookie(&console.address(), "yujing_session")?;
    let page = console.stranger().with_session(token);
    let (status, session) = page.ask("GET", "/session", None);
    (status == 200).then(|| (page.with_csrf(session["csrf_token"].as_str().expect("a token")), session))
}

fn names(administrator: &Page) -> Vec<String> {
    let accounts = administrator.get("/accounts");
    let name = |standing: &Value| standing["account"]["name"].as_str().expect("a name").to_owned();
    accounts["accounts"].as_array().expect("accounts").iter().map(name).collect()
}

/// Claims come in ID tokens or, as the certified provider does by itself, from its `UserInfo` endpoint.
#[rstest]
fn what_somebody_may_follows_from_their_groups_at_each_login(#[values(false, true)] implicit: bool) {
    let office = Office::with("");
    office.provider.control(&json!({ "implicit": implicit }));
    let (console, _process, administrator) = office.console();
    let address = console.address();
    assert_eq!(console.stranger().get("/login"), json!({ "provider": true, "password": "everybody" }));

    let mut browser = Browser::default();
    assert_eq!(browser.log_in(&address, "zhang"), "/");
    let (officer, session) = page(&console, &browser).expect("a session");
    let account = &session["account"];
    assert_eq!((&account["name"], &account["display_name"]), (&json!("zhang"), &json!("张三")));
    assert_eq!(account["roles"], json!(["officer"]));
    assert_eq!(account["duties"], json!([{ "post": "station/示例街道", "role": "officer" }]));
    assert_eq!(account["areas"][0]["sub_district"], "示例街道");
    assert_eq!(account["from_provider"], true);
    assert_eq!(browser.cookie(&address, "yujing_attempt"), None, "it is over");
    assert_eq!(officer.ask("GET", "/accounts", None).0, 403);
    assert_eq!(officer.without_csrf().ask("DELETE", "/session", None).0, 403, "a session as any other");

    // Moved to another post, the same account may something else, in the sessions that are open too.
    office.provider.control(&json!({ "groups": { "zhang": ["district-viewers"] } }));
    assert_eq!(Browser::default().log_in(&address, "zhang"), "/");
    let (_, moved) = page(&console, &browser).expect("the session before");
    assert_eq!((&moved["account"]["id"], &moved["account"]["roles"]), (&account["id"], &json!(["viewer"])));
    let access = administrator.get("/audit?action=provider_access&account=zhang");
    assert_eq!(access["total"], 2, "{access}");

    // What an administrator may do to the account here is to disable it, and that wins.
    let path = format!("/accounts/{}", account["id"].as_str().expect("an id"));
    for (method, path, body) in
        [("PATCH", path.clone(), json!({ "roles": ["administrator"] })), ("POST", format!("{path}/reset"), Value::Null)]
    {
        let (status, problem) = administrator.ask(method, &path, Some(&body).filter(|body| !body.is_null()));
        assert_eq!((status, &problem["code"]), (422, &json!("provider_account")));
    }
    let own = json!({ "current": "any", "password": "correct horse battery" });
    assert_eq!(page(&console, &browser).expect("a session").0.post("/session/password", &own).0, 422);
    assert_eq!(administrator.ask("PATCH", &path, Some(&json!({ "disabled": true }))).0, 200);
    assert!(page(&console, &browser).is_none(), "its sessions end");
    assert_eq!(browser.log_in(&address, "zhang"), "/#/login/disabled");
    assert_eq!(administrator.ask("PATCH", &path, Some(&json!({ "disabled": false }))).0, 200);
    assert_eq!(browser.log_in(&address, "zhang"), "/");

    // Who has left every group is let in no longer, and what was open ends.
    office.provider.control(&json!({ "groups": { "zhang": [] } }));
    assert_eq!(Browser::default().log_in(&address, "zhang"), "/#/login/no_role");
    assert!(page(&console, &browser).is_none());
}

#[test]
fn who_has_no_role_or_the_name_of_another_is_refused_with_words_and_no_account_is_made() {
    let office = Office::with("");
    let (console, _process, administrator) = office.console();
    for (name, says) in [("wang", "no_role"), ("zhao", "no_role"), ("root", "name_taken"), ("a b", "name")] {
        let mut browser = Browser::default();
        let encoded = name.replace(' ', "+");
        assert_eq!(browser.log_in(&console.address(), &encoded), format!("/#/login/{says}"), "{name}");
        assert!(page(&console, &browser).is_none(), "{name}");
    }
    assert_eq!(names(&administrator), ["root"]);
    let refused = administrator.get("/audit?action=login_refused");
    let details: Vec<&Value> =
        refused["entries"].as_array().expect("entries").iter().map(|entry| &entry["detail"]).collect();
    assert_eq!(details, ["name", "name_taken", "no_role", "no_role"]);
}

#[test]
fn a_way_back_is_good_once_and_in_its_browser_alone() {
    let office = Office::with("");
    let (console, _process, administrator) = office.console();
    let (address, mut browser) = (console.address(), Browser::default());
    let begin = || {
        let mut browser = Browser::default();
        let back = browser.log_in_at_provider(&address, "zhang");
        (browser, back)
    };
    let changed = |back: &str, name: &str, value: &str| {
        let (path, query) = back.split_once('?').expect("a query");
        let pair = |pair: &str| match pair.split_once('=') {
            Some((known, _)) if known == name => format!("{name}={value}"),
            _ => pair.to_owned(),
        };
        format!("{path}?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&"))
    };
    for (name, value, says) in [
        ("state", "another", "expired"),
        ("iss", "https%3A%2F%2Felsewhere.example", "expired"),
        ("code", "another", "refused"),
        ("code", "", "refused"),
    ] {
        let (mut victim, back) = begin();
        assert_eq!(victim.come_back(&changed(&back, name, value)), format!("/#/login/{says}"), "{name}={value}");
        // What was tried in vain is over.
        assert_eq!(victim.come_back(&back), "/#/login/expired", "{name}={value}");
        assert!(page(&console, &victim).is_none());
    }
    let (_, stolen) = begin();
    assert_eq!(browser.come_back(&stolen), "/#/login/expired", "another browser");
    let refused = format!("{address}{PREFIX}/login/provider/callback?error=access_denied");
    assert_eq!(browser.come_back(&refused), "/#/login/expired", "nobody asked");
    assert_eq!(names(&administrator), ["root"]);

    let (mut browser, back) = begin();
    assert_eq!(browser.come_back(&back), "/");
    assert_eq!(browser.come_back(&back), "/#/login/expired", "twice");
    assert!(page(&console, &browser).is_some(), "the first one counts");

    // The provider sends nobody to where the console is not.
    let to_provider = Browser::default().get(&format!("{address}{PREFIX}/login/provider")).location.expect("there");
    let answer = Browser::default().get(&changed(&to_provider, "redirect_uri", "https%3A%2F%2Felsewhere.example"));
    assert_eq!((answer.status, answer.location), (400, None));
    for part in ["code_challenge_method=S256", "response_type=code", "nonce=", "state=", "scope=openid+profile"] {
        assert!(to_provider.contains(part), "{part}: {to_provider}");
    }
}

#[test]
fn an_id_token_that_does_not_verify_brings_nobody_and_new_keys_are_asked_for() {
    let office = Office::with("");
    let (console, process, administrator) = office.console();
    let log_in = || {
        let mut browser = Browser::default();
        let page_of = browser.log_in(&console.address(), "zhang");
        (page_of, page(&console, &browser).is_some())
    };
    for spoil in ["audience", "expired", "nonce", "signature", "issuer", "none"] {
        office.provider.control(&json!({ "spoil": spoil }));
        assert_eq!(log_in(), ("/#/login/unusable".to_owned(), false), "{spoil}");
    }
    assert_eq!(names(&administrator), ["root"]);
    office.provider.control(&json!({ "spoil": null }));
    assert_eq!(log_in(), ("/".to_owned(), true));
    office.provider.control(&json!({ "rotate": true }));
    assert_eq!(log_in(), ("/".to_owned(), true), "by the new key");
    process.signal("TERM");
    let (code, log) = process.ended();
    assert!(code == Some(0) && log.contains("console_provider_failed"), "{log}");
    assert!(!log.contains(SECRET) && !log.contains("eyJ"), "neither secret nor token: {log}");
}

#[test]
fn while_the_provider_is_away_passwords_still_work_and_the_page_says_so() {
    let Office { provider, program, listen, folder: _folder } = Office::with("local_login = \"administrators\"");
    let console = Console::at(&program, &listen);
    let process = console.start();
    console.account("root", &["--role", "administrator"]);
    assert_eq!(console.stranger().get("/login")["password"], "administrators");
    let mut browser = Browser::default();
    let back = browser.log_in_at_provider(&console.address(), "zhang");
    drop(provider);
    assert_eq!(browser.come_back(&back), "/#/login/away");
    let login = |name: &str| {
        console.stranger().logged_in("/session", &json!({ "name": name, "password": "correct horse battery" }))
    };
    assert_eq!(login("root").0, 200, "the way in when everything else is broken");

    // Others have no way around the provider.
    let link = console.invite(&["--role", "viewer"]);
    let (_, token) = link.split_once("/#/invitation/").expect("a link");
    let given = json!({ "token": token, "name": "li", "password": "correct horse battery" });
    let (status, problem, _) = console.stranger().logged_in("/invitations/accept", &given);
    assert_eq!((status, &problem["code"]), (403, &json!("password_off")));
    let (status, problem, page) = login("li");
    assert_eq!((status, &problem["code"]), (403, &json!("password_off")));
    assert_eq!(page.ask("GET", "/session", None).0, 401);

    // A start does not wait for it either.
    process.signal("TERM");
    assert_eq!(process.ended().0, Some(0));
    let console = Console::at(&program, &listen);
    let _process = console.start();
    assert_eq!(Browser::default().come_back(&format!("{}{PREFIX}/login/provider", console.address())), "/#/login/away");
}

#[test]
fn logging_out_ends_the_session_here_and_leads_to_where_the_providers_own_ends() {
    let office = Office::with("");
    let (console, _process, administrator) = office.console();
    let mut browser = Browser::default();
    browser.log_in(&console.address(), "li");
    let (viewer, _) = page(&console, &browser).expect("a session");
    let (status, out) = viewer.ask("DELETE", "/session", None);
    let to = out["provider_logout"].as_str().expect("an address");
    assert!(
        status == 200 && to.starts_with(&format!("{}/session/end?client_id=yujing-console", office.provider.issuer)),
        "{to}"
    );
    assert_eq!(viewer.ask("GET", "/session", None).0, 401);
    assert_eq!(browser.get(to).status, 200, "the provider knows where to go on");
    assert_eq!(administrator.ask("DELETE", "/session", None), (200, json!({ "provider_logout": null })));
}

#[test]
fn a_group_with_a_role_that_there_is_not_keeps_it_from_starting() {
    let office = Office::with("scopes = [\"profile\"]");
    let file = office.program.variable("YUJING_CONFIG");
    let text = std::fs::read_to_string(file).expect("readable").replace("\"viewer\"", "\"root\"");
    std::fs::write(file, text).expect("written");
    let (code, _, said) = Console::at(&office.program, &office.listen).run(&["console"]);
    assert!(code == Some(78) && said.contains("`console.oidc.groups`: the group `district-viewers`"), "{said}");
    let mut program = office.program.clone();
    program.environment.retain(|(name, _)| name != "OIDC_SECRET");
    std::fs::write(file, office.provider.section("")).expect("written");
    let (code, _, said) = Console::at(&program, &office.listen).run(&["console"]);
    assert!(code == Some(78) && said.contains("`console.oidc.client_secret`"), "{said}");
}
