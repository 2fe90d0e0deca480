//! The same work for many things, on several threads. What comes of it does not depend on their number.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What a thread may use of stack, in bytes: what the thread has that a program begins with, which analysts' rules and
/// queries were tried on.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// A thread on which analysts' rules and queries may run.
pub fn thread_named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned()).stack_size(STACK_BYTES)
}

/// As many threads as there are cores for this process; one if the system does not say.
pub fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// What `work` makes of each item, in the order of the items. The calling thread is one of the threads: it does what the
/// others leave, and everything where the system gives none. A panic of the work is passed on.
pub fn map<T: Send, R: Send>(
    threads: NonZeroUsize,
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items: Vec<T> = items.into_iter().collect();
    let threads = threads.get().min(items.len());
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || -> Vec<(usize, R)> {
        let taken = std::iter::from_fn(next);
        taken.map(|(place, item)| (place, work(item))).collect()
    };
    let mut all = thread::scope(|scope| {
        let worker = &worker;
        let others = (1..threads).map(|_| thread_named("worker").spawn_scoped(scope, worker));
        let others: Vec<_> = others.filter_map(Result::ok).collect();
        let mut all = worker();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        all
    });
    all.sort_unstable_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}

/// What `work` makes of all items, given shares of them in their order. A share is so many items as are worth a thread;
/// fewer than two shares are one.
pub fn map_shares<'a, T: Sync, R: Send>(
    threads: NonZeroUsize,
    items: &'a [T],
    a_share: NonZeroUsize,
    work: impl Fn(&'a [T]) -> Vec<R> + Sync,
) -> Vec<R> {
    if threads.get() < 2 || items.len() / 2 < a_share.get() {
        return work(items);
    }
    map(threads, items.chunks(a_share.get()), work).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use rstest::rstest;

    use super::*;

    fn threads(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).expect("not zero")
    }

    #[rstest]
    fn results_come_in_the_order_of_the_items_however_long_each_takes(#[values(1, 2, 5, 300)] count: usize) {
        let slow_first = |item: u64| {
            thread::sleep(Duration::from_micros(if item.is_multiple_of(7) { 300 } else { 0 }));
            item * item
        };
        let expected: Vec<u64> = (0..200).map(|item| item * item).collect();
        assert_eq!(map(threads(count), 0..200, slow_first), expected);
        assert_eq!(map(threads(count), 0..0, slow_first), Vec::<u64>::new());
    }

    #[rstest]
    #[case::none(0, 1)]
    #[case::fewer_than_two_shares(9, 1)]
    #[case::two(10, 2)]
    #[case::with_a_rest(11, 3)]
    fn items_are_shared_out_where_there_are_two_shares(#[case] count: usize, #[case] shares: usize) {
        let items: Vec<usize> = (0..count).collect();
        let asked = AtomicUsize::new(0);
        let results = map_shares(threads(2), &items, threads(5), |share| {
            asked.fetch_add(1, Ordering::Relaxed);
            share.iter().map(|item| item * 2).collect()
        });
        assert_eq!(results, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(asked.into_inner(), shares);
        assert_eq!(map_shares(threads(1), &items, threads(5), |share| vec![share.len()]), [count]);
    }

    #[test]
    fn things_are_changed_in_their_place() {
        let mut things = vec![1, 2, 3];
        let before = map(threads(2), &mut things, |thing| {
            let before = *thing;
            *thing *= 10;
            before
        });
        assert_eq!((before, things), (vec![1, 2, 3], vec![10, 20, 30]));
    }

    #[test]
    fn a_panic_of_the_work_is_passed_on() {
        let fails_late = |item: u64| assert!(item < 150, "too late");
        assert!(catch_unwind(|| map(threads(3), 0..200, fails_late)).is_err());
    }
}
