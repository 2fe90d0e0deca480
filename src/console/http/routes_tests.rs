//! The routes against the contract that pages are written to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::access::Role;

fn contract() -> Value {
    serde_json::from_str(include_str!("../../../console/openapi.json")).expect("the contract is JSON")
}

#[test]
fn every_path_of_the_contract_is_served_and_no_other() {
    let contract = contract();
    assert_eq!(contract["servers"][0]["url"], PREFIX);
    let paths = contract["paths"].as_object().expect("paths");
    let written: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flat_map(|methods| methods.keys());
            methods.map(|method| (path.clone(), method.to_uppercase())).collect::<Vec<_>>()
        })
        .collect();
    let served: BTreeSet<(String, String)> =
        api().into_iter().map(|route| (route.path.to_owned(), route.method.to_string())).collect();
    assert_eq!(served, written);
}

#[test]
fn the_contract_says_who_may_ask_for_each_path() {
    let contract = contract();
    for route in api() {
        let method = route.method.as_str().to_lowercase();
        let operation = &contract["paths"][route.path][&method];
        let written: BTreeSet<&str> =
            operation["x-roles"].as_array().expect("roles").iter().filter_map(Value::as_str).collect();
        let permission = if let Admission::Account(permission) = route.admission { Some(permission) } else { None };
        let permitted: BTreeSet<&str> = permission.into_iter().flat_map(Permission::roles).map(Role::as_str).collect();
        assert_eq!(permitted, written, "{method} {}", route.path);
        let is_public = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(is_public, permission.is_none(), "{method} {}", route.path);
    }
}
