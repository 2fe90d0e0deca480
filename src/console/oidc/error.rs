//! Why nobody was let in.

use std::error::Error;

use openidconnect::{ClaimsVerificationError, DiscoveryError, ErrorResponse, RequestTokenError, UserInfoError};

/// Why the provider brought nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OidcError {
    /// It does not answer, or not as a provider does.
    Away(String),
    /// It does not take the code.
    Refused(String),
    /// What it says of somebody does not verify, or cannot be read.
    Unusable(String),
    /// It names somebody in a way that no account can be called.
    Name(String),
}

impl OidcError {
    /// For the log: not what a page shows.
    pub fn reason(&self) -> &str {
        let (Self::Away(reason) | Self::Refused(reason) | Self::Unusable(reason) | Self::Name(reason)) = self;
        reason
    }

    pub(super) fn of_discovery<E: Error + 'static>(error: &DiscoveryError<E>) -> Self {
        Self::Away(chain(error))
    }

    pub(super) fn of_exchange<E: Error + 'static, T: ErrorResponse + 'static>(error: &RequestTokenError<E, T>) -> Self {
        match error {
            RequestTokenError::ServerResponse(_) => Self::Refused(chain(error)),
            RequestTokenError::Request(_) => Self::Away(chain(error)),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Self::Unusable(chain(error)),
        }
    }

    pub(super) fn of_verification(error: &ClaimsVerificationError) -> Self {
        Self::Unusable(chain(error))
    }

    pub(super) fn of_user_info<E: Error + 'static>(error: &UserInfoError<E>) -> Self {
        match error {
            UserInfoError::Request(_) => Self::Away(chain(error)),
            _ => Self::Unusable(chain(error)),
        }
    }
}

/// An error with what caused it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
