//! People at the office's identity provider, and back at the real console: `console/end-to-end/provider.spec.ts`.

use serde_json::json;

use super::frontend::click_through;
use crate::support::identity_provider::Office;

#[test]
fn people_log_in_at_the_offices_identity_provider_and_out_again() {
    let office = Office::with("");
    let (console, _process, administrator) = office.console();
    click_through("provider", &console, &json!({}));
    let logins = administrator.get("/audit?action=login&account=li");
    assert_eq!((&logins["total"], &logins["entries"][0]["detail"]), (&json!(1), &json!("provider")));
}
