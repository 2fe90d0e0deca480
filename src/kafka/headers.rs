//! The headers of a message. Kafka takes any bytes for a header's name, and the client library panics over one that is
//! not UTF-8: no publisher may end the engine by that, so such a header is read as [`UNREADABLE`].

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use yujing_core::source::Header;

/// The name of a header whose own is not UTF-8. It has no value, because the client library gives none without the
/// name.
pub const UNREADABLE: &str = "\u{fffd}";

thread_local! {
    /// Whether a panic of this thread is one of the client library that is expected here.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// All headers of a message, in order.
pub fn read(message: &BorrowedMessage<'_>) -> Vec<Header> {
    message.headers().map_or_else(Vec::new, all)
}

/// The value of the first header of a name; nothing if there is none, or it has no value.
pub fn value(message: &BorrowedMessage<'_>, name: &str) -> Option<Vec<u8>> {
    read(message).into_iter().find(|header| header.name == name)?.value
}

fn all(headers: &impl Headers) -> Vec<Header> {
    silence_expected_panics();
    (0..headers.count()).map(|place| one(headers, place)).collect()
}

fn one(headers: &impl Headers, place: usize) -> Header {
    EXPECTED.set(true);
    let found = catch_unwind(AssertUnwindSafe(|| headers.try_get(place)));
    EXPECTED.set(false);
    match found {
        Ok(Some(header)) => Header { name: header.key.to_owned(), value: header.value.map(<[u8]>::to_vec) },
        Ok(None) | Err(_) => Header { name: UNREADABLE.to_owned(), value: None },
    }
}

/// A publisher could fill the log with what the process says of a panic.
fn silence_expected_panics() {
    static SILENCED: Once = Once::new();
    SILENCED.call_once(|| {
        let say = take_hook();
        set_hook(Box::new(move |panic| {
            if !EXPECTED.get() {
                say(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{Header as ClientHeader, OwnedHeaders};

    use super::*;

    /// Headers with names as Kafka takes them, read as the client library reads them.
    struct Foreign(Vec<(&'static [u8], Option<&'static [u8]>)>);

    impl Headers for Foreign {
        fn count(&self) -> usize {
            self.0.len()
        }

        fn try_get(&self, place: usize) -> Option<ClientHeader<'_, &[u8]>> {
            let (name, value) = self.0[place];
            Some(ClientHeader { key: std::str::from_utf8(name).unwrap(), value })
        }
    }

    fn header(name: &str, value: Option<&[u8]>) -> Header {
        Header { name: name.to_owned(), value: value.map(<[u8]>::to_vec) }
    }

    #[test]
    fn a_name_that_is_not_utf8_costs_its_own_header_and_no_other() {
        let foreign = Foreign(vec![
            (b"ce_id", Some(b"\xff\x00")),
            (b"\xff", Some(b"lost")),
            (b"", None),
            (b"ce_\xe4\xb8", None),
            (b"ce_type", Some(b"")),
        ]);
        let expected = [
            header("ce_id", Some(b"\xff\x00")),
            header(UNREADABLE, None),
            header("", None),
            header(UNREADABLE, None),
            header("ce_type", Some(b"")),
        ];
        assert_eq!(all(&foreign), expected);
    }

    #[test]
    fn the_client_librarys_own_headers_are_read_in_order_repeated_names_too() {
        let insert =
            |headers: OwnedHeaders, (key, value): (&str, Option<&[u8]>)| headers.insert(ClientHeader { key, value });
        let given: [(&str, Option<&[u8]>); 3] = [("a", Some(b"1")), ("a", None), ("名", Some(b"2"))];
        let headers = given.into_iter().fold(OwnedHeaders::new(), insert);
        assert_eq!(all(&headers), given.map(|(name, value)| header(name, value)));
    }

    #[test]
    fn afterwards_panics_are_reported_again() {
        silence_expected_panics();
        all(&Foreign(vec![(b"\xff", None)]));
        assert!(!EXPECTED.get());
    }
}
