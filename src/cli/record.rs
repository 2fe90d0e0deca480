//! Values of the topics' records, as commands show them.

use serde::de::DeserializeOwned;
use yujing_base::escape;

/// The parts of a JSON value that are shown; hidden characters in its texts are escaped.
///
/// # Errors
/// What is not as expected.
pub(super) fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    let value = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    serde_json::from_value(escape::document(value)).map_err(|error| error.to_string())
}
