//! One named type for each thing that can happen: its log line and its metrics stand together, in one place.

/// Something that happened. Emitting it writes its log line and moves its metrics; nothing else in the program does.
pub trait InternalEvent {
    fn emit(self, metrics: &Metrics);
}

/// Every metric of the program, in one registry.
#[derive(Debug)]
pub struct Metrics {}
