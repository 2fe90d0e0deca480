//! What was ever published: bodies of rulesets under their hash, and publications, each under a key of its own so that
//! compaction keeps the whole history. The newest publication says what is in force.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Files, Publication, Ruleset, RulesetRefusal};

/// What the key of a publication begins with; behind it stands its sequence. No hash begins so.
const PUBLICATION: &str = "publication/";

/// The key of a publication.
pub fn publication_key(publication: &Publication) -> String {
    format!("{PUBLICATION}{:012}", publication.sequence)
}

/// The record of a ruleset under its hash: what it is made from.
#[derive(Debug, Serialize, Deserialize)]
pub struct RulesetBody<'a> {
    pub hash: Cow<'a, str>,
    pub files: Cow<'a, Files>,
}

impl<'a> RulesetBody<'a> {
    pub fn of(ruleset: &'a Ruleset) -> Self {
        Self { hash: Cow::Borrowed(&ruleset.hash), files: Cow::Borrowed(&ruleset.files) }
    }
}

/// Everything that the topic keeps.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    bodies: BTreeMap<String, Files>,
    publications: BTreeMap<u64, Publication>,
}

impl Archive {
    /// Keeps one record.
    ///
    /// # Errors
    /// Why it is no record of this topic.
    pub fn keep(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), String> {
        let key = String::from_utf8_lossy(key);
        let is_publication = key.starts_with(PUBLICATION);
        match value {
            // Somebody deleted it: it cannot be had any more.
            None if is_publication => self.publications.retain(|_, publication| publication_key(publication) != key),
            None => drop(self.bodies.remove(&*key)),
            Some(value) if is_publication => {
                let publication: Publication = serde_json::from_slice(value).map_err(|error| error.to_string())?;
                if publication_key(&publication) != key {
                    return Err(format!("it is publication {}", publication.sequence));
                }
                self.publications.insert(publication.sequence, publication);
            }
            Some(value) => {
                let body: RulesetBody<'_> = serde_json::from_slice(value).map_err(|error| error.to_string())?;
                if body.hash != key {
                    return Err(format!("it is the ruleset {:?}", body.hash));
                }
                self.bodies.insert(body.hash.into_owned(), body.files.into_owned());
            }
        }
        Ok(())
    }

    /// What is in force: the newest publication.
    pub fn newest(&self) -> Option<&Publication> {
        self.publications.values().next_back()
    }

    /// Every publication, oldest first.
    pub fn publications(&self) -> impl DoubleEndedIterator<Item = &Publication> {
        self.publications.values()
    }

    /// The files of a ruleset.
    pub fn files(&self, hash: &str) -> Option<&Files> {
        self.bodies.get(hash)
    }

    /// The ruleset whose hash begins so.
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub fn find(&self, prefix: &str) -> Result<(&str, &Files), RulesetRefusal> {
        let mut found = self.bodies.iter().filter(|(hash, _)| hash.starts_with(prefix));
        match (found.next(), found.next()) {
            (Some((hash, files)), None) => Ok((hash, files)),
            (None, _) => Err(RulesetRefusal::because(
                format!("没有发布过哈希值以“{prefix}”开头的规则集；yujing rules history 可列出全部"),
                format!("no published ruleset's hash begins with `{prefix}`; `yujing rules history` lists them"),
            )),
            (Some(_), Some(_)) => Err(RulesetRefusal::because(
                format!("有多个规则集的哈希值以“{prefix}”开头，请多写几位"),
                format!("several published rulesets' hashes begin with `{prefix}`: give more of it"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::ruleset::Trigger;

    fn archive(hashes: &[&str]) -> Archive {
        let mut archive = Archive::default();
        for hash in hashes {
            let body = serde_json::json!({ "hash": hash, "files": { "a.rhai": hash } }).to_string();
            archive.keep(hash.as_bytes(), Some(body.as_bytes())).expect("a body");
            let last = archive.newest().cloned();
            let previous = last.as_ref().map(|last| last.ruleset.clone());
            let next =
                Publication::next(last.as_ref(), hash, previous.as_deref(), Trigger::Folder, Timestamp::UNIX_EPOCH);
            let value = serde_json::to_vec(&next).expect("JSON");
            archive.keep(publication_key(&next).as_bytes(), Some(&value)).expect("a publication");
        }
        archive
    }

    #[test]
    fn a_ruleset_published_again_is_the_newest_and_nothing_of_the_history_goes() {
        let archive = archive(&["aa", "ab", "aa"]);
        assert_eq!(archive.newest().map(|newest| (newest.sequence, &*newest.ruleset)), Some((3, "aa")));
        let history: Vec<_> = archive.publications().map(|each| (&*each.ruleset, each.previous.as_deref())).collect();
        assert_eq!(history, [("aa", None), ("ab", Some("aa")), ("aa", Some("ab"))]);
    }

    #[test]
    fn a_ruleset_is_found_by_the_beginning_of_its_hash_if_that_is_the_only_one() {
        let archive = archive(&["aa", "ab", "b"]);
        assert_eq!(archive.find("ab").map(|(hash, _)| hash), Ok("ab"));
        assert!(archive.find("a").is_err_and(|refusal| refusal.reason.en.contains("several")));
        assert!(archive.find("c").is_err_and(|refusal| refusal.reason.en.contains("no published")));
    }

    #[test]
    fn what_is_no_ruleset_is_told_and_changes_nothing() {
        let mut archive = archive(&["aa", "ab"]);
        let body: &[u8] = br#"{ "hash": "ac", "files": {} }"#;
        let newest = archive.newest().cloned().expect("two were published");
        let publication = serde_json::to_vec(&Publication { sequence: 3, ..newest }).expect("JSON");
        let strays: [(&[u8], &[u8]); 7] = [
            (b"aa", b"{}"),
            (b"aa", b"not json"),
            (b"aa", body),
            (b"\xff", body),
            (b"publication/000000000002", b"[]"),
            (b"publication/000000000004", &publication),
            (b"publication/3", &publication),
        ];
        for (key, value) in strays {
            assert!(archive.keep(key, Some(value)).is_err(), "{}", String::from_utf8_lossy(key));
        }
        assert!(archive.files("aa").is_some_and(|files| files.len() == 1) && archive.files("ac").is_none());
        assert_eq!(archive.newest().map(|newest| newest.sequence), Some(2));
    }

    #[test]
    fn a_record_without_a_value_takes_away_what_its_key_names_and_nothing_else() {
        let mut archive = archive(&["aa", "ab"]);
        for key in ["publication/000000000002", "aa", "nobody"] {
            archive.keep(key.as_bytes(), None).expect("a delete");
        }
        assert_eq!(archive.newest().map(|newest| &*newest.ruleset), Some("aa"));
        assert!(archive.files("aa").is_none() && archive.files("ab").is_some());
    }
}
