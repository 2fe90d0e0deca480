//! The console's front end, built anew and driven in a browser.

mod with_browser;
