//! History read and decoded by a thread of its own, while another decides what was read before.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use yujing_core::source::{DecodedRecord, Decoders, Record};

use super::{HistoryError, Records};

/// Records that are handed over together.
const TOGETHER: usize = 512;
/// So many times that wait; what is read waits for them.
const WAITING: usize = 8;

/// A record with what it says.
#[derive(Debug)]
pub struct DecodedArrival {
    pub record: Record,
    pub decoded: DecodedRecord,
}

/// Records as they are read, each decoded.
pub fn decoded<'a>(
    records: Records<'a>,
    decoders: &'a Decoders,
) -> impl Iterator<Item = Result<DecodedArrival, HistoryError>> + Send + 'a {
    records.map(|record| record.map(|record| DecodedArrival { decoded: decoders.decode(&record), record }))
}

/// The same, read by another thread of the scope; it ends with the records, with the first error, or with what is given
/// here.
///
/// # Errors
/// If the system gives no thread.
pub fn read_ahead<'scope, 'env>(
    scope: &'scope thread::Scope<'scope, 'env>,
    arrivals: impl Iterator<Item = Result<DecodedArrival, HistoryError>> + Send + 'scope,
) -> Result<impl Iterator<Item = Result<DecodedArrival, HistoryError>>, HistoryError> {
    let (sender, receiver) = sync_channel(WAITING);
    let reader = thread::Builder::new().name("history".to_owned());
    reader.spawn_scoped(scope, move || send_all(arrivals, &sender)).map_err(HistoryError::Runtime)?;
    Ok(receiver.into_iter().flatten())
}

fn send_all(
    mut arrivals: impl Iterator<Item = Result<DecodedArrival, HistoryError>>,
    sender: &SyncSender<Vec<Result<DecodedArrival, HistoryError>>>,
) {
    loop {
        let together: Vec<_> = arrivals.by_ref().take(TOGETHER).collect();
        let is_last = together.len() < TOGETHER || together.iter().any(Result::is_err);
        if sender.send(together).is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use jiff::Timestamp;
    use yujing_core::source::{Refusal, SourceId};

    use super::*;

    fn arrival(offset: i64) -> DecodedArrival {
        let (source, timestamp) = (SourceId(0), Timestamp::UNIX_EPOCH);
        let record = Record {
            source,
            topic: "t".into(),
            partition: 0,
            offset,
            timestamp,
            key: None,
            value: None,
            headers: Vec::new(),
        };
        let event = Err(Refusal::conflict());
        DecodedArrival { record, decoded: DecodedRecord { source, partition: 0, offset, timestamp, event } }
    }

    fn offsets(arrivals: impl Iterator<Item = Result<DecodedArrival, HistoryError>>) -> Vec<Option<i64>> {
        arrivals.map(|arrival| arrival.ok().map(|arrival| arrival.record.offset)).collect()
    }

    #[test]
    fn every_record_comes_once_in_its_order_and_nothing_behind_an_error() {
        let many = i64::try_from(TOGETHER * (WAITING + 3)).expect("few");
        for length in [0, 1, 511, 512, 513, many] {
            let got = thread::scope(|scope| {
                offsets(read_ahead(scope, (0..length).map(|at| Ok(arrival(at)))).expect("a thread"))
            });
            assert_eq!(got, (0..length).map(Some).collect::<Vec<_>>());
        }
        let failing = (0..many).map(|at| match at {
            1_000 => Err(HistoryError::Runtime(io::Error::other("gone"))),
            at => Ok(arrival(at)),
        });
        let got = thread::scope(|scope| offsets(read_ahead(scope, failing).expect("a thread")));
        assert_eq!(got[..1_000], (0..1_000).map(Some).collect::<Vec<_>>());
        assert_eq!(got[1_000], None);
        assert!(got.len() <= TOGETHER * 2, "it reads no further than to the end of what is handed over together");
    }

    #[test]
    fn whoever_stops_listening_stops_the_reading() {
        let endless = (0..).map(|at| Ok(arrival(at)));
        let got = thread::scope(|scope| offsets(read_ahead(scope, endless).expect("a thread").take(700)));
        assert_eq!(got.len(), 700);
    }
}
