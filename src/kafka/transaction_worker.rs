//! Transactions on a thread of their own, so that a call that never comes back is noticed. The client's
//! `send_offsets_to_transaction` can overlook its timeout when the coordinator is down.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::KafkaError;
use super::transaction::{Transaction, TransactionError, Transactions};

/// How often something else has its turn while a transaction is under way.
const CHECK_INTERVAL: Duration = Duration::from_millis(2);

/// Makes transactions on a thread of their own, one at a time, and waits for each, but not for ever.
#[derive(Debug)]
pub struct TransactionWorker {
    orders: SyncSender<Transaction>,
    outcomes: Receiver<Outcome>,
    longest: Duration,
    /// When the transaction that is under way began.
    began: Option<Instant>,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub result: Result<(), TransactionError>,
    /// From its begin to its confirmed end.
    pub took: Duration,
}

impl TransactionWorker {
    /// `longest` is how long a commit may take at most, its abort included.
    pub fn new<T: Transactions + Send + 'static>(mut transactions: T, longest: Duration) -> Self {
        let (orders, inbox) = sync_channel::<Transaction>(1);
        let (outbox, outcomes) = sync_channel(1);
        // It ends when this end is dropped; if a call never comes back, it ends with the process.
        std::thread::Builder::new()
            .name("transactions".to_owned())
            .spawn(move || {
                while let Ok(transaction) = inbox.recv() {
                    let began = Instant::now();
                    let result = transactions.commit(transaction);
                    if outbox.send(Outcome { result, took: began.elapsed() }).is_err() {
                        return;
                    }
                }
            })
            .expect("invariant: the system has room for one more thread at start");
        Self { orders, outcomes, longest, began: None }
    }

    /// Begins a transaction while none is under way; [`TransactionWorker::outcome`] says what became of it.
    ///
    /// # Errors
    /// [`KafkaError::Gone`] if the thread ended.
    pub fn begin(&mut self, transaction: Transaction) -> Result<(), KafkaError> {
        debug_assert!(self.began.is_none(), "one transaction is under way at a time");
        self.began = Some(Instant::now());
        self.orders.send(transaction).map_err(|_| KafkaError::Gone)
    }

    /// What became of the transaction under way, if that is known within a few milliseconds.
    ///
    /// # Errors
    /// [`KafkaError::Stuck`] if the call does not come back, [`KafkaError::Gone`] if the thread ended: the transaction may
    /// still be under way, and this is not to be used again.
    pub fn outcome(&mut self) -> Result<Option<Outcome>, KafkaError> {
        let Some(began) = self.began else { return Ok(None) };
        let left = self.longest.saturating_sub(began.elapsed());
        match self.outcomes.recv_timeout(left.min(CHECK_INTERVAL)) {
            Ok(outcome) => {
                self.began = None;
                Ok(Some(outcome))
            }
            Err(RecvTimeoutError::Disconnected) => Err(KafkaError::Gone),
            Err(RecvTimeoutError::Timeout) if left <= CHECK_INTERVAL => Err(KafkaError::Stuck(self.longest)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
        }
    }

    /// Returns when everything is committed or aborted. `meanwhile` is called now and then until it is.
    ///
    /// # Errors
    /// As [`TransactionWorker::outcome`]; what `meanwhile` says; the inner error as [`Transactions::commit`].
    pub fn commit<E: From<KafkaError>>(
        &mut self,
        transaction: Transaction,
        mut meanwhile: impl FnMut() -> Result<(), E>,
    ) -> Result<Result<(), TransactionError>, E> {
        self.begin(transaction)?;
        loop {
            match self.outcome()? {
                Some(outcome) => return Ok(outcome.result),
                None => meanwhile()?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use yujing_core::source::Positions;

    use super::*;

    fn nothing() -> Transaction {
        Transaction { records: Vec::new(), positions: Positions::new(), group: None }
    }

    struct Hanging;

    impl Transactions for Hanging {
        fn commit(&mut self, _transaction: Transaction) -> Result<(), TransactionError> {
            std::thread::sleep(Duration::from_mins(1));
            Ok(())
        }
    }

    struct Dying;

    impl Transactions for Dying {
        fn commit(&mut self, _transaction: Transaction) -> Result<(), TransactionError> {
            Err(TransactionError::Fenced("by another".to_owned()))
        }
    }

    #[test]
    fn a_call_that_does_not_come_back_is_given_up() {
        let mut worker = TransactionWorker::new(Hanging, Duration::from_millis(20));
        let outcome = worker.commit::<KafkaError>(nothing(), || Ok(()));
        assert!(matches!(outcome, Err(KafkaError::Stuck(_))), "{outcome:?}");
    }

    #[test]
    fn waiting_can_be_ended_before_the_call_comes_back() {
        let mut worker = TransactionWorker::new(Hanging, Duration::from_hours(1));
        let mut looks = 0;
        let outcome = worker.commit(nothing(), || {
            looks += 1;
            if looks < 3 { Ok(()) } else { Err(KafkaError::Lost("enough".to_owned())) }
        });
        assert!(matches!(outcome, Err(KafkaError::Lost(_))), "{outcome:?}");
    }

    #[test]
    fn an_outcome_comes_back_unchanged() {
        let mut worker = TransactionWorker::new(Dying, Duration::from_mins(1));
        let outcome = worker.commit::<KafkaError>(nothing(), || Ok(())).expect("it came back");
        assert_eq!(outcome, Err(TransactionError::Fenced("by another".to_owned())));
    }
}
