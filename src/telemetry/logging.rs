//! Log lines to standard error: text for people, JSON for machines. Standard output belongs to results.

use std::fmt::{self, Debug};
use std::io::IsTerminal as _;

use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::util::SubscriberInitExt as _;
use yujing_base::error::{Classified, ErrorDomain};
use yujing_base::escape;
use yujing_config::{Log, LogFormat};

/// The field whose lines stand below the line of their event: what is wrong with files, drawn with its places.
const REPORT: &str = "report";

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    #[error("the log filter `{filter}` is not one: {reason}")]
    Filter { filter: String, reason: String },
    #[error("logging is set up already")]
    Twice,
}

impl Classified for LoggingError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Filter { .. } => ErrorDomain::User,
            Self::Twice => ErrorDomain::Internal,
        }
    }
}

/// Sets logging up for the whole process, once.
///
/// # Errors
/// If the filter is not one, or logging was set up before.
pub fn init(log: &Log) -> Result<(), LoggingError> {
    let filter = EnvFilter::builder()
        .parse(&log.filter)
        .map_err(|error| LoggingError::Filter { filter: log.filter.clone(), reason: error.to_string() })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = match log.format {
        LogFormat::Text => {
            lines.with_ansi(std::io::stderr().is_terminal()).fmt_fields(debug_fn(write_field)).finish().try_init()
        }
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).finish().try_init()
        }
    };
    done.map_err(|_| LoggingError::Twice)
}

/// Writes a field of a line for people: text of others cannot begin a line that looks like one of the log.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    match field.name() {
        "message" => write!(writer, "{}", escape::line(&format!("{value:?}"))),
        REPORT => {
            let report = format!("{value:?}");
            report.trim_end().lines().try_for_each(|line| write!(writer, "\n  | {}", escape::line(line)))
        }
        // Where a line of the `log` crate was written.
        name if name.starts_with("log.") => Ok(()),
        name => write!(writer, " {name}={}", escape::line(&format!("{value:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines of an event as they are written for people, without their times.
    fn written(emit: impl FnOnce()) -> String {
        let log = Written::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).without_time().with_target(false);
        let lines = lines.fmt_fields(debug_fn(write_field)).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(lines, emit);
        let bytes = log.0.lock().expect("nobody panicked").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn a_line_shows_its_message_then_its_fields_then_its_report() {
        let line = written(|| {
            tracing::warn!(code = "state", count = 2, path = %"a b", report = %"first\n  second\n", "it is {}", "refused");
        });
        assert_eq!(line, " WARN it is refused code=\"state\" count=2 path=a b\n  | first\n  |   second\n");
    }

    proptest! {
        #[test]
        fn no_text_forges_a_line_or_reaches_the_terminal(
            text in proptest::collection::vec(
                prop_oneof![
                    any::<char>(),
                    proptest::sample::select(vec!['\n', '\r', '\u{1b}', '\u{9b}', '\u{202e}', '\u{2028}']),
                ],
                0..20,
            ).prop_map(String::from_iter),
        ) {
            let line = written(|| tracing::warn!(text, shown = %text, debugged = ?[&text], "it says {text}"));
            prop_assert_eq!(line.matches('\n').count(), 1, "{:?}", line);
            let (begin, end) = (line.strip_prefix(" WARN it says "), line.strip_suffix('\n'));
            prop_assert!(begin.is_some(), "{:?}", line);
            prop_assert!(!end.is_some_and(|line| line.contains(char::is_control)), "{:?}", line);
            let below = written(|| tracing::warn!(report = %text, "it says"));
            prop_assert!(below.lines().skip(1).all(|line| line.starts_with("  | ")), "{:?}", below);
        }
    }
}
