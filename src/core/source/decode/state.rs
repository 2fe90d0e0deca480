//! Where the decoder is in a document, and what it has noticed so far.

use super::refuse;
use crate::source::personal::masked_text;
use crate::source::{Cell, Refusal, RefusalCode};

/// A pointer is cut to so many bytes: names of unknown fields are the publisher's and may be huge.
const MAX_POINTER: usize = 512;

/// One step into the document.
#[derive(Debug)]
pub(super) enum PathStep<'s> {
    Property(&'s str),
    Unknown(Box<str>),
    Item(usize),
}

#[derive(Debug, Default)]
pub(super) struct DecodeState<'s> {
    path: Vec<PathStep<'s>>,
    /// How many of the values being read are personal or lie in a personal one.
    personal: u32,
    refusal: Option<Refusal>,
    pub unknown_fields: u32,
    pub unknown_values: u32,
    pub normalized: u32,
    pub withheld: u32,
    /// Flags of failed checks.
    pub quality: Vec<Cell>,
}

impl<'s> DecodeState<'s> {
    pub fn enter(&mut self, step: PathStep<'s>, personal: bool) {
        self.path.push(step);
        self.personal += u32::from(personal);
    }

    /// Called only after a value was read without error, so that the path of an error stays.
    pub fn leave(&mut self, personal: bool) {
        self.path.pop();
        self.personal -= u32::from(personal);
    }

    pub fn next_item(&mut self) {
        if let Some(PathStep::Item(index)) = self.path.last_mut() {
            *index += 1;
        }
    }

    /// Notes a refusal at the present place. `got` is asked for only if it may be quoted.
    pub fn refuse<E: serde::de::Error>(&mut self, code: RefusalCode, expected: String, got: Option<String>) -> E {
        let got = got.filter(|_| self.personal == 0);
        self.refusal.get_or_insert(refuse(code, &self.pointer(), expected, got));
        E::custom("refused")
    }

    pub fn take_refusal(&mut self) -> Option<Refusal> {
        self.refusal.take()
    }

    /// The present place as a JSON Pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            pointer.push('/');
            match step {
                PathStep::Property(name) => push_token(&mut pointer, name),
                PathStep::Unknown(name) => push_token(&mut pointer, masked_text(name)),
                PathStep::Item(index) => pointer.push_str(&index.to_string()),
            }
            if pointer.len() > MAX_POINTER {
                pointer.truncate(pointer.floor_char_boundary(MAX_POINTER));
                pointer.push('…');
                break;
            }
        }
        pointer
    }
}

fn push_token(pointer: &mut String, name: &str) {
    for character in name.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_as_rfc_6901_says_and_stay_short() {
        let mut state = DecodeState::default();
        assert_eq!(state.pointer(), "");
        state.enter(PathStep::Property("items"), false);
        state.enter(PathStep::Item(0), false);
        state.next_item();
        state.enter(PathStep::Unknown("a/b~c".into()), false);
        assert_eq!(state.pointer(), "/items/1/a~1b~0c");
        state.enter(PathStep::Unknown("鼠".repeat(1000).into()), false);
        assert!(state.pointer().len() <= MAX_POINTER + '…'.len_utf8());
    }
}
