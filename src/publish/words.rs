//! The reason behind what the query engine says.

use std::error::Error;

use datafusion::error::DataFusionError;

use super::table::TableError;

/// The table that could not be read to its end, if that is the reason.
pub(crate) fn of_table(error: &DataFusionError) -> Option<String> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(table) = error.downcast_ref::<TableError>() {
            return Some(table.to_string());
        }
        cause = error.source();
    }
    None
}
