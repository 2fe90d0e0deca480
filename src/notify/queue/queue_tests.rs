use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::fixture::letter;
use crate::notice::Place;

const CHANNELS: [&str; 2] = ["a", "b"];

fn config(more: &str) -> NotifyConfig {
    let channels: String =
        CHANNELS.map(|name| format!("[channels.{name}]\nkind = \"wecom\"\nurl = \"http://{name}/\"\n{more}")).concat();
    NotifyConfig::read(Path::new("notify.toml"), &format!("default = [\"a\"]\n{channels}")).expect("in order")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + second).expect("an instant")
}

fn deliveries(letter: &Letter, channels: &[&str]) -> Vec<Delivery> {
    let delivery = |channel: &&str| Delivery {
        id: Uuid::new_v5(&letter.notice.warning_id, format!("{}/{channel}", letter.notice.sequence).as_bytes()),
        channel: (*channel).into(),
        posts: Vec::new(),
    };
    channels.iter().map(delivery).collect()
}

/// A queue with so many events of each of these warnings, for channel `a`.
fn filled(config: &NotifyConfig, warnings: &[u128], events: u64) -> Queue {
    let mut queue = Queue::new(config);
    let mut offset = 0;
    for sequence in 1..=events {
        for warning in warnings {
            let letter = letter(*warning, sequence, Place { partition: 0, offset });
            queue.admit(&letter, deliveries(&letter, &["a"]), at(0));
            offset += 1;
        }
    }
    queue
}

fn failed(pause: Option<Duration>) -> Outcome {
    Outcome::Failed { reason: "503".to_owned(), pause }
}

fn started(queue: &mut Queue, now: Timestamp) -> Vec<(u128, u64)> {
    std::iter::from_fn(|| queue.next(now))
        .map(|attempt| (attempt.letter.notice.warning_id.as_u128(), attempt.letter.notice.sequence))
        .collect()
}

#[test]
fn a_warning_that_fails_waits_while_others_go_on() {
    let config = config("");
    let mut queue = filled(&config, &[1, 2], 2);
    let first = queue.next(at(0)).expect("ready");
    assert!(queue.finish(first.delivery.id, failed(None), at(0)).is_none());
    let mut done = Vec::new();
    while let Some(attempt) = queue.next(at(0)) {
        done.push((attempt.letter.notice.warning_id.as_u128(), attempt.letter.notice.sequence));
        queue.finish(attempt.delivery.id, Outcome::Delivered, at(0)).expect("settled");
    }
    assert_eq!(done, [(2, 1), (2, 2)]);
    assert_eq!(queue.positions(), [(0, 0)].into(), "the first event of all is not over");
    let again = queue.next_instant().expect("an instant");
    assert!(again > at(0) && again <= at(1), "{again}");
    assert_eq!(started(&mut queue, again), [(1, 1)]);
}

#[test]
fn pauses_double_up_to_the_longest_and_a_delivery_is_given_up_in_time() {
    let config = config("");
    let mut queue = filled(&config, &[1], 2);
    let (mut now, mut pauses) = (at(0), Vec::new());
    let settled = loop {
        let attempt = queue.next(now).expect("ready");
        match queue.finish(attempt.delivery.id, failed(None), now) {
            Some(settled) => break settled,
            None => {
                let next = queue.next_instant().expect("an instant");
                pauses.push(next.duration_since(now));
                now = next;
            }
        }
    };
    for (place, pause) in pauses.iter().enumerate() {
        let whole =
            (config.retry.first * 2_i32.pow(u32::try_from(place.min(20)).expect("few"))).min(config.retry.longest);
        assert!(*pause <= whole && *pause * 4 >= whole * 3, "{place}: {pause:#} of {whole:#}");
    }
    let given_up = settled.given_up.expect("given up");
    assert!(!given_up.refused && given_up.reason == "503");
    assert!(now.duration_since(at(0)) >= config.retry.give_up_after);
    assert_eq!(settled.tries, u32::try_from(pauses.len()).expect("few") + 1);
    // The next of the lane is tried before it is given up too.
    assert_eq!(started(&mut queue, now), [(1, 2)]);
}

#[test]
fn a_channel_that_asks_for_a_pause_gets_it_for_all_warnings() {
    let mut queue = filled(&config(""), &[1, 2, 3], 1);
    let first = queue.next(at(0)).expect("ready");
    queue.finish(first.delivery.id, failed(Some(Duration::from_secs(90))), at(0));
    assert_eq!(started(&mut queue, at(89)), []);
    assert_eq!(queue.next_instant(), Some(at(90)));
    assert_eq!(started(&mut queue, at(90)).len(), MOST_A_CHANNEL);
}

#[test]
fn a_channel_keeps_its_pace() {
    let mut queue = filled(&config("per_minute = 20\n"), &[1, 2, 3], 1);
    let ready: Vec<usize> = (0..7).map(|second| started(&mut queue, at(second)).len()).collect();
    assert_eq!(ready, [1, 0, 0, 1, 0, 0, 0], "two are under way by then");
}

#[test]
fn a_refusal_is_over_at_once_and_what_is_passed_moves_the_position() {
    let mut queue = filled(&config(""), &[1], 1);
    queue.pass(Place { partition: 0, offset: 1 });
    queue.pass(Place { partition: 3, offset: 7 });
    let attempt = queue.next(at(0)).expect("ready");
    assert_eq!(queue.positions(), [(0, 0), (3, 8)].into());
    let settled = queue.finish(attempt.delivery.id, Outcome::Refused { reason: "400".to_owned() }, at(0));
    assert!(settled.and_then(|settled| settled.given_up).is_some_and(|given_up| given_up.refused));
    assert_eq!(queue.positions(), [(0, 2), (3, 8)].into());
    assert!(queue.backlogs().is_empty() && queue.has_room());
}

#[test]
fn there_is_no_room_for_more_bytes_than_the_bound() {
    let mut queue = Queue::new(&config(""));
    let mut large = Letter::clone(&letter(1, 1, Place { partition: 0, offset: 0 }));
    large.body = vec![b' '; MOST_BYTES];
    let large = Arc::new(large);
    queue.admit(&large, deliveries(&large, &["a", "b"]), at(0));
    assert!(!queue.has_room());
    for _ in 0..2 {
        let attempt = queue.next(at(0)).expect("ready");
        queue.finish(attempt.delivery.id, Outcome::Delivered, at(0));
    }
    assert!(queue.has_room());
}

/// What happens to the next delivery under way, or to time.
#[derive(Debug, Clone)]
enum Move {
    Start,
    Pass(i64),
    Finish(usize, Outcome),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Delivered),
        2 => Just(failed(None)),
        1 => Just(failed(Some(Duration::from_secs(7)))),
        1 => Just(Outcome::Refused { reason: "400".to_owned() }),
    ];
    let one = prop_oneof![
        Just(Move::Start),
        (1..400_i64).prop_map(Move::Pass),
        (any::<usize>(), outcome).prop_map(|(which, outcome)| Move::Finish(which, outcome)),
    ];
    proptest::collection::vec(one, 0..200)
}

proptest! {
    #[test]
    fn lanes_are_in_order_positions_hold_and_all_of_it_ends(
        events in proptest::collection::vec((0..4_u128, 0..3_i32, 0..3_usize), 1..40),
        moves in moves(),
    ) {
        let mut queue = Queue::new(&config(""));
        let (mut sequences, mut offsets) = (BTreeMap::<u128, u64>::new(), BTreeMap::<i32, i64>::new());
        let mut open: BTreeMap<Place, usize> = BTreeMap::new();
        for (warning, partition, channels) in events {
            let sequence = sequences.entry(warning).and_modify(|last| *last += 1).or_insert(1);
            let offset = offsets.entry(partition).and_modify(|last| *last += 3).or_insert(5);
            let place = Place { partition, offset: *offset };
            let letter = letter(warning, *sequence, place);
            queue.admit(&letter, deliveries(&letter, &CHANNELS[..channels]), at(0));
            if channels > 0 { open.insert(place, channels); }
        }
        let (mut second, mut under_way, mut last) = (0, Vec::<Attempt>::new(), BTreeMap::<LaneKey, u64>::new());
        let finally = std::iter::repeat_n([Move::Pass(1_000), Move::Start, Move::Finish(0, Outcome::Delivered)], 400);
        for one in moves.into_iter().chain(finally.flatten()) {
            match one {
                Move::Pass(seconds) => second += seconds,
                Move::Start => {
                    let Some(attempt) = queue.next(at(second)) else { continue };
                    let key = (attempt.delivery.channel.clone(), attempt.letter.notice.warning_id);
                    prop_assert!(!under_way.iter().any(|other| other.delivery.channel == key.0
                        && other.letter.notice.warning_id == key.1), "one of a lane at a time");
                    let sequence = attempt.letter.notice.sequence;
                    prop_assert!(last.insert(key, sequence).is_none_or(|before| before <= sequence));
                    under_way.push(attempt);
                    let of_channel = |name| under_way.iter().filter(|one| &*one.delivery.channel == name).count();
                    prop_assert!(CHANNELS.iter().all(|name| of_channel(*name) <= MOST_A_CHANNEL));
                }
                Move::Finish(which, outcome) => {
                    if under_way.is_empty() { continue }
                    let attempt = under_way.remove(which % under_way.len());
                    let Some(settled) = queue.finish(attempt.delivery.id, outcome, at(second)) else { continue };
                    prop_assert_eq!(settled.delivery.id, attempt.delivery.id);
                    let left = open.get_mut(&attempt.letter.place).expect("it was open");
                    *left -= 1;
                    if *left == 0 { open.remove(&attempt.letter.place); }
                }
            }
            for (partition, position) in queue.positions() {
                let first = open.keys().find(|place| place.partition == partition).map(|place| place.offset);
                prop_assert_eq!(position, first.unwrap_or(offsets[&partition] + 1));
            }
        }
        prop_assert!(open.is_empty(), "{open:?}");
        prop_assert!(queue.lanes.is_empty() && queue.under_way() == 0 && queue.bytes == 0 && queue.events == 0);
    }
}
