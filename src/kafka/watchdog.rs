//! Transactions on a thread of their own, so that a call that never comes back is noticed. The client's
//! `send_offsets_to_transaction` can overlook its timeout when the coordinator is down.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::KafkaError;
use super::produce::{Transaction, TransactionError, Transactions};

/// Makes transactions on a thread of their own and waits for each, but not for ever.
#[derive(Debug)]
pub struct Watched {
    orders: SyncSender<Transaction>,
    outcomes: Receiver<Result<(), TransactionError>>,
    longest: Duration,
}

impl Watched {
    /// `longest` is how long a commit may take at most, its abort included.
    pub fn new<T: Transactions + Send + 'static>(mut transactions: T, longest: Duration) -> Self {
        let (orders, inbox) = sync_channel::<Transaction>(1);
        let (outbox, outcomes) = sync_channel(1);
        // It ends when this end is dropped; if a call never comes back, it ends with the process.
        std::thread::Builder::new()
            .name("transactions".to_owned())
            .spawn(move || {
                while let Ok(transaction) = inbox.recv() {
                    if outbox.send(transactions.commit(transaction)).is_err() {
                        return;
                    }
                }
            })
            .expect("invariant: the system has room for one more thread at start");
        Self { orders, outcomes, longest }
    }

    /// Returns when everything is committed or aborted.
    ///
    /// # Errors
    /// [`KafkaError::Stuck`] if the call does not come back; the inner error as [`Transactions::commit`].
    pub fn commit(&self, transaction: Transaction) -> Result<Result<(), TransactionError>, KafkaError> {
        self.orders.send(transaction).map_err(|_| KafkaError::Gone)?;
        self.outcomes.recv_timeout(self.longest).map_err(|error| match error {
            RecvTimeoutError::Timeout => KafkaError::Stuck(self.longest),
            RecvTimeoutError::Disconnected => KafkaError::Gone,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Positions;

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
            Err(TransactionError::Fatal("fenced".to_owned()))
        }
    }

    #[test]
    fn a_call_that_does_not_come_back_is_given_up() {
        let watched = Watched::new(Hanging, Duration::from_millis(20));
        assert!(matches!(watched.commit(nothing()), Err(KafkaError::Stuck(_))));
    }

    #[test]
    fn an_outcome_comes_back_unchanged() {
        let watched = Watched::new(Dying, Duration::from_mins(1));
        let outcome = watched.commit(nothing()).expect("it came back");
        assert_eq!(outcome, Err(TransactionError::Fatal("fenced".to_owned())));
    }
}
