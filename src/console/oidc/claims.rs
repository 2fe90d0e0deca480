//! From what the provider says of somebody to an account: its name, and what its groups may.

use std::collections::BTreeMap;

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use yujing_config::oidc::{GroupAccess, Oidc};

use super::error::OidcError;
use crate::access::{Access, Role};
use crate::store::provider::Person;

/// The longest name of an account, in characters.
const LONGEST_NAME: usize = 64;

/// Claims beside those that the standard names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AllClaims {
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl AdditionalClaims for AllClaims {}

/// Which claims count, and what groups may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    name_claim: String,
    groups_claim: String,
    groups: BTreeMap<String, Access>,
}

impl Mapping {
    /// # Errors
    /// A sentence about a role, a duty or an area that there cannot be.
    pub fn of(config: &Oidc) -> Result<Self, String> {
        let mut groups = BTreeMap::new();
        for given in &config.groups {
            let access = access(given).map_err(|reason| format!("the group `{}`: {reason}", given.group))?;
            if groups.insert(given.group.clone(), access).is_some() {
                return Err(format!("the group `{}` is there twice", given.group));
            }
        }
        let Oidc { name_claim, groups_claim, .. } = config.clone();
        Ok(Self { name_claim, groups_claim, groups })
    }

    /// Whether claims have all that is needed.
    pub fn is_complete(&self, claims: &Value) -> bool {
        find(claims, &self.name_claim).is_some() && find(claims, &self.groups_claim).is_some()
    }

    /// Who it is.
    ///
    /// # Errors
    /// If no account can be called so.
    pub fn person(&self, issuer: &str, subject: &str, claims: &Value) -> Result<Person, OidcError> {
        let name = find(claims, &self.name_claim).and_then(Value::as_str).unwrap_or_default().trim();
        if !is_name(name) {
            let shown: String = name.chars().take(LONGEST_NAME).collect();
            return Err(OidcError::Name(format!(
                "the claim `{}` of `{subject}` is no name of an account: {shown:?}",
                self.name_claim
            )));
        }
        let shown = find(claims, "name").and_then(Value::as_str).map(display_name).filter(|shown| !shown.is_empty());
        Ok(Person {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            name: name.to_owned(),
            display_name: shown.unwrap_or_else(|| name.to_owned()),
            access: self.access(find(claims, &self.groups_claim)),
        })
    }

    /// What groups may together. One group may be a text instead of a list of one.
    fn access(&self, groups: Option<&Value>) -> Access {
        let named: Vec<&str> = match groups {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut all = Access::default();
        // In the order of the configuration's names, so that the same groups give the same however they are listed.
        for (_, access) in self.groups.iter().filter(|(group, _)| named.contains(&group.as_str())) {
            join(&mut all.roles, &access.roles);
            join(&mut all.duties, &access.duties);
            join(&mut all.areas, &access.areas);
        }
        all
    }
}

/// What stands under a name, or where a JSON pointer points.
fn find<'a>(claims: &'a Value, claim: &str) -> Option<&'a Value> {
    let found = if claim.starts_with('/') { claims.pointer(claim) } else { claims.get(claim) };
    found.filter(|value| !value.is_null())
}

fn join<T: Clone + PartialEq>(all: &mut Vec<T>, further: &[T]) {
    for one in further {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
}

fn access(given: &GroupAccess) -> Result<Access, String> {
    let role = |word: &String| {
        let known = Role::ALL.map(Role::as_str).join(", ");
        Role::parse(word).ok_or_else(|| format!("there is no role `{word}`; there are {known}"))
    };
    Ok(Access {
        roles: given.roles.iter().map(role).collect::<Result<_, _>>()?,
        duties: given.duties.iter().map(|duty| duty.parse()).collect::<Result<_, _>>()?,
        areas: given.areas.iter().map(|area| area.parse()).collect::<Result<_, _>>()?,
    })
}

/// Letters and digits of any script, and what stands in addresses of mail.
fn is_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '@' | '+');
    (1..=LONGEST_NAME).contains(&name.chars().count()) && name.chars().all(is_plain)
}

/// Without what moves a cursor or turns a line around.
fn display_name(name: &str) -> String {
    let is_shown = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    name.chars().filter(is_shown).take(LONGEST_NAME).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::access::{AreaScope, Duty};

    fn group(group: &str, role: &str, duty: &[&str], area: &[&str]) -> GroupAccess {
        let texts = |given: &[&str]| given.iter().map(|text| (*text).to_owned()).collect();
        GroupAccess { group: group.to_owned(), roles: texts(&[role]), duties: texts(duty), areas: texts(area) }
    }

    fn mapping(groups_claim: &str) -> Mapping {
        let groups = vec![
            group("district", "viewer", &[], &["/"]),
            group("station", "officer", &["station/甲=officer"], &["甲"]),
        ];
        Mapping::of(&Oidc { groups, groups_claim: groups_claim.to_owned(), ..Oidc::default() }).expect("in order")
    }

    #[test]
    fn who_is_in_several_groups_may_what_all_of_them_may_and_unknown_ones_give_nothing() {
        let person = |groups: Value| {
            let claims = json!({ "preferred_username": "zhang", "groups": groups });
            mapping("groups").person("https://a", "1", &claims).expect("a person").access
        };
        let both = person(json!(["station", "others", "district", 7]));
        assert_eq!(both.roles, [Role::Viewer, Role::Officer]);
        assert_eq!(both.duties, [Duty { post: "station/甲".to_owned(), role: "officer".to_owned() }]);
        assert_eq!(both.areas.len(), 2);
        assert_eq!(person(json!("district")).areas, [AreaScope::default()]);
        for none in [json!(["others"]), json!([]), json!(null), json!({ "district": true })] {
            assert_eq!(person(none), Access::default());
        }
    }

    #[test]
    fn claims_may_stand_deeper() {
        let claims = json!({ "preferred_username": "zhang", "realm_access": { "roles": ["district"] } });
        let mapping = mapping("/realm_access/roles");
        assert!(mapping.is_complete(&claims));
        assert_eq!(mapping.person("https://a", "1", &claims).expect("a person").access.roles, [Role::Viewer]);
        assert!(!mapping.is_complete(&json!({ "preferred_username": "zhang" })));
    }

    #[test]
    fn a_name_is_of_letters_and_what_is_shown_turns_no_line_around() {
        let person = |name: &str, shown: &str| {
            mapping("groups").person("https://a", "1", &json!({ "preferred_username": name, "name": shown }))
        };
        for good in ["zhang", "张三", "zhang.san@sso.example.cn"] {
            assert_eq!(person(good, "").expect("a name").display_name, good);
        }
        for bad in ["", "a b", "<b>", "a\u{202e}b", "a\nb", &"长".repeat(65)] {
            assert!(matches!(person(bad, "x"), Err(OidcError::Name(_))), "{bad}");
        }
        assert_eq!(person("zhang", "张\u{202e}三\n").expect("a name").display_name, "张三");
    }

    #[test]
    fn a_role_that_there_is_not_is_said_with_its_group() {
        for (given, says) in [
            (group("a", "root", &[], &[]), "the group `a`: there is no role `root`"),
            (group("a", "viewer", &["district"], &[]), "a duty is POST=ROLE"),
            (group("a", "viewer", &[], &["/x"]), "an area is `/`"),
        ] {
            let refused = Mapping::of(&Oidc { groups: vec![given], ..Oidc::default() }).expect_err("no good");
            assert!(refused.contains(says), "{refused}");
        }
        let twice = vec![group("a", "viewer", &[], &[]), group("a", "officer", &[], &[])];
        assert!(Mapping::of(&Oidc { groups: twice, ..Oidc::default() }).is_err_and(|reason| reason.contains("twice")));
    }
}
