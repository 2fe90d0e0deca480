//! Ports that nobody else takes.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// A free port that is given to nobody twice soon, below those that the system gives to outgoing connections and to
/// whoever asks for any: until somebody listens there, and while who does is away, no other comes to hold it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() % 5_000).expect("small");
    std::iter::repeat_with(|| 20_000 + begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("it does not end")
}
