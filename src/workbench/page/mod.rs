//! What HTML pages with figures share: macros for both languages and levels, charts, and one look. A page needs nothing
//! else: everything is in it.
//!
//! - [`drawing`]: charts as shapes; [`level_bars`]: counts by level over time
//! - [`spreadsheet`]: tables beside the page

pub mod drawing;
pub mod level_bars;
pub mod spreadsheet;

use minijinja::{AutoEscape, Environment};
use yujing_base::escape;

/// An environment in which a template may `import` from `macros` and `include` the `style`, and where texts of others
/// are escaped.
///
/// # Errors
/// If a template is wrong, which is a defect of the program.
pub fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(escape::html);
    environment.add_template("macros", include_str!("macros.html"))?;
    environment.add_template("style", include_str!("style.css"))?;
    Ok(environment)
}
