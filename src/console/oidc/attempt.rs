//! Logins that are under way at the provider. Each is good once, for a while, and in the browser alone that began it. A start
//! of the console forgets them: people begin again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use openidconnect::{Nonce, PkceCodeVerifier};

use crate::secret::token_hash;

/// How long somebody may take to log in there.
pub const LIFETIME: Duration = Duration::from_mins(10);
/// How many may be under way: as many as begin in that time are far fewer.
const MOST: usize = 10_000;

/// What has to come back, and what nobody but the console knows of it.
pub struct Attempt {
    /// What the provider hands back as it is.
    pub state: String,
    pub nonce: Nonce,
    pub verifier: PkceCodeVerifier,
}

/// All of it is secret.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt(..)")
    }
}

/// Those that are under way, by the hash of their state.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<String, Begun>>);

#[derive(Debug)]
struct Begun {
    attempt: Attempt,
    /// Hash of the cookie of the browser.
    browser: String,
    until: Instant,
}

impl Attempts {
    /// Remembers one that began in the browser with this cookie; whether there was room.
    pub fn keep(&self, attempt: Attempt, browser: &str, now: Instant) -> bool {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.len() >= MOST {
            begun.retain(|_, one| one.until > now);
        }
        if begun.len() >= MOST {
            return false;
        }
        let key = token_hash(&attempt.state);
        begun.insert(key, Begun { attempt, browser: token_hash(browser), until: now + LIFETIME });
        true
    }

    /// Takes the one of a state, if it is still good and began in the browser with this cookie. It is good no longer then.
    pub fn take(&self, state: &str, browser: &str, now: Instant) -> Option<Attempt> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&token_hash(state))?;
        (taken.until > now && taken.browser == token_hash(browser)).then_some(taken.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(state: &str) -> Attempt {
        let verifier = PkceCodeVerifier::new("verifier".to_owned());
        Attempt { state: state.to_owned(), nonce: Nonce::new("nonce".to_owned()), verifier }
    }

    #[test]
    fn a_login_is_good_once_for_a_while_and_in_its_browser_alone() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        let begin = |state: &str| assert!(attempts.keep(attempt(state), "browser", now));
        let take = |state: &str, browser: &str, at| attempts.take(state, browser, at).is_some();
        begin("a");
        assert!(!take("b", "browser", now));
        assert!(take("a", "browser", now) && !take("a", "browser", now), "once");
        begin("a");
        assert!(!take("a", "another", now) && !take("a", "browser", now), "another browser's is over for both");
        begin("a");
        assert!(!take("a", "browser", now + LIFETIME));
    }

    #[test]
    fn those_that_nobody_came_back_from_make_room() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for number in 0..MOST {
            assert!(attempts.keep(attempt(&number.to_string()), "browser", now));
        }
        assert!(!attempts.keep(attempt("one more"), "browser", now));
        assert!(attempts.keep(attempt("one more"), "browser", now + LIFETIME));
    }

    #[test]
    fn nothing_of_it_is_shown() {
        assert_eq!(format!("{:?}", attempt("secret")), "Attempt(..)");
    }
}
