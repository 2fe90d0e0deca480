//! Who may what: roles of accounts, and the areas and posts that bound what they see.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A role of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// 查看: reads.
    Viewer,
    /// 处置: reads, and answers at its posts.
    Officer,
    /// 审核: reads, and reviews at its posts.
    Reviewer,
    /// 分析: reads, and looks after data and rules.
    Analyst,
    /// 批准: reads, and approves rules.
    Approver,
    /// 管理: accounts and the audit trail; reads no warnings.
    Administrator,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::Officer, Self::Reviewer, Self::Analyst, Self::Approver, Self::Administrator];

    /// The role as requests and files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Officer => "officer",
            Self::Reviewer => "reviewer",
            Self::Analyst => "analyst",
            Self::Approver => "approver",
            Self::Administrator => "administrator",
        }
    }

    /// The role of a word as [`Role::as_str`] gives it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    fn permits(self, permission: Permission) -> bool {
        match permission {
            Permission::Own => true,
            Permission::Read => self != Self::Administrator,
            Permission::Answer => matches!(self, Self::Officer | Self::Reviewer),
            Permission::Data => matches!(self, Self::Analyst | Self::Administrator),
            Permission::Rules => {
                matches!(self, Self::Viewer | Self::Analyst | Self::Approver | Self::Administrator)
            }
            Permission::Changes => matches!(self, Self::Analyst | Self::Approver),
            Permission::WriteRules => self == Self::Analyst,
            Permission::ApproveRules => self == Self::Approver,
            Permission::Accounts | Permission::Audit => self == Self::Administrator,
        }
    }
}

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// One's own session: everybody who is logged in.
    #[serde(skip)]
    Own,
    /// Situation, warnings, operators, within areas and posts.
    Read,
    /// Inbox, answers, drafts.
    Answer,
    /// Dead letters.
    Data,
    /// The catalogue of rules, their files and versions.
    Rules,
    /// Changes of rules, and how they do.
    Changes,
    /// Writing changes.
    WriteRules,
    /// Approving them.
    ApproveRules,
    /// Accounts and invitations.
    Accounts,
    /// The audit trail.
    Audit,
}

impl Permission {
    pub const ALL: [Self; 10] = [
        Self::Own,
        Self::Read,
        Self::Answer,
        Self::Data,
        Self::Rules,
        Self::Changes,
        Self::WriteRules,
        Self::ApproveRules,
        Self::Accounts,
        Self::Audit,
    ];

    /// The roles that have it.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| role.permits(self))
    }
}

/// In which role somebody acts at which post; both are the ruleset's (`routing.toml`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    pub post: String,
    pub role: String,
}

/// As people write it, such as `station/友谊路街道=officer`.
impl FromStr for Duty {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('=') {
            Some((post, role)) if !post.is_empty() && !role.is_empty() => {
                Ok(Self { post: post.to_owned(), role: role.to_owned() })
            }
            _ => Err("a duty is POST=ROLE, such as district=supervisor".to_owned()),
        }
    }
}

/// An area by its names; without any it is the whole district.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AreaScope {
    pub sub_district: Option<String>,
    pub community: Option<String>,
    pub grid: Option<String>,
}

/// As people write it: `/` for the whole district, else names with `/` between them.
impl FromStr for AreaScope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "/" {
            return Ok(Self::default());
        }
        let mut names = text.split('/').map(|name| Some(name.to_owned()).filter(|name| !name.is_empty()));
        let area = Self {
            sub_district: names.next().flatten(),
            community: names.next().flatten(),
            grid: names.next().flatten(),
        };
        if area.sub_district.is_none() || names.next().is_some() {
            return Err("an area is `/` or SUB-DISTRICT/COMMUNITY/GRID, of which the last may be left out".to_owned());
        }
        Ok(area)
    }
}

/// What an account may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    pub roles: Vec<Role>,
    pub duties: Vec<Duty>,
    /// What it may see; operators elsewhere do not exist for it.
    pub areas: Vec<AreaScope>,
}

impl Access {
    /// Whether one of its roles has a permission.
    pub fn permits(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.permits(permission))
    }

    /// What pages need to know of its permissions.
    pub fn permissions(&self) -> Vec<Permission> {
        let shown = |permission: &Permission| *permission != Permission::Own && self.permits(*permission);
        Permission::ALL.into_iter().filter(shown).collect()
    }

    /// Whether it acts in this role at this post.
    pub fn has_duty(&self, post: &str, role: &str) -> bool {
        self.duties.iter().any(|duty| duty.post == post && duty.role == role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_after_accounts_reads_no_warnings_and_nobody_else_does() {
        let access = |roles: &[Role]| Access { roles: roles.to_vec(), ..Access::default() };
        let administrator = access(&[Role::Administrator]);
        assert!(administrator.permits(Permission::Accounts) && !administrator.permits(Permission::Read));
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
            assert!(!access(&[role]).permits(Permission::Accounts), "{role:?}");
            assert!(access(&[role]).permits(Permission::Read), "{role:?}");
        }
        assert!(!access(&[]).permits(Permission::Own), "an account without roles may nothing");
        assert_eq!(access(&[Role::Officer]).permissions(), [Permission::Read, Permission::Answer]);
    }

    #[test]
    fn a_role_is_known_by_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).ok(), Some(role.as_str().into()));
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn duties_and_areas_are_read_as_they_are_written() {
        let known: Duty = "station/友谊路街道=officer".parse().expect("a duty");
        assert_eq!((known.post.as_str(), known.role.as_str()), ("station/友谊路街道", "officer"));
        for bad in ["district", "=officer", "district="] {
            assert!(bad.parse::<Duty>().is_err(), "{bad}");
        }
        assert_eq!("/".parse(), Ok(AreaScope::default()));
        let community =
            AreaScope { sub_district: Some("甲".to_owned()), community: Some("乙".to_owned()), grid: None };
        assert_eq!("甲/乙".parse(), Ok(community));
        for bad in ["", "/乙", "甲/乙/丙/丁"] {
            assert!(bad.parse::<AreaScope>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_duty_is_a_post_and_a_role_together() {
        let duty = |post: &str, role: &str| Duty { post: post.to_owned(), role: role.to_owned() };
        let duties = vec![duty("station/甲", "officer"), duty("district", "supervisor")];
        let access = Access { duties, ..Access::default() };
        assert!(access.has_duty("station/甲", "officer"));
        assert!(!access.has_duty("station/甲", "supervisor") && !access.has_duty("station/乙", "officer"));
    }
}
