//! JSON text with the place of every key and value, so that a message about a schema file can point at it.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Bytes of the file's text.
pub(super) type Span = Range<usize>;

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub span: Span,
    /// The value as written.
    pub raw: &'t str,
    pub value: Json<'t>,
}

#[derive(Debug)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'t str),
    Text(String),
    List(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
}

/// One key of an object with its value.
#[derive(Debug)]
pub(super) struct Member<'t> {
    pub key: String,
    pub key_span: Span,
    pub node: Node<'t>,
}

impl<'t> Node<'t> {
    /// Reads a whole document.
    ///
    /// # Errors
    /// The offset and the message of the first thing that is not JSON.
    pub fn parse(text: &'t str) -> Result<Self, (usize, String)> {
        let fail = |error: serde_json::Error| {
            let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            let message = error.to_string();
            let bare = message.split(" at line ").next().unwrap_or_default().to_owned();
            (line_start + error.column().saturating_sub(1), bare)
        };
        // The first pass checks all of the syntax; the second reads slices of text that is known to be good.
        serde_json::from_str::<serde_json::Value>(text).map_err(fail)?;
        let raw: &RawValue = serde_json::from_str(text).map_err(fail)?;
        Self::of(text, raw).map_err(fail)
    }

    fn of(text: &'t str, raw: &'t RawValue) -> serde_json::Result<Self> {
        let raw = raw.get();
        let value = match raw.as_bytes().first() {
            Some(b'{') => Json::Object(read(raw, |d| d.deserialize_map(Members(text)))?),
            Some(b'[') => Json::List(read(raw, |d| d.deserialize_seq(Items(text)))?),
            Some(b'"') => Json::Text(serde_json::from_str(raw)?),
            Some(b't') => Json::Bool(true),
            Some(b'f') => Json::Bool(false),
            Some(b'n') => Json::Null,
            _ => Json::Number(raw),
        };
        Ok(Self { span: span_of(text, raw), raw, value })
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn bool(&self) -> Option<bool> {
        match self.value {
            Json::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&[Node<'t>]> {
        match &self.value {
            Json::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn object(&self) -> Option<&[Member<'t>]> {
        match &self.value {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The texts of a list that holds nothing else.
    pub fn texts(&self) -> Option<Vec<&str>> {
        self.list()?.iter().map(Node::text).collect()
    }
}

fn read<'t, T>(
    raw: &'t str,
    with: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'t>>) -> serde_json::Result<T>,
) -> serde_json::Result<T> {
    with(&mut serde_json::Deserializer::from_str(raw))
}

/// Where a slice of `text` stands in it.
fn span_of(text: &str, slice: &str) -> Span {
    let start = slice.as_ptr().addr() - text.as_ptr().addr();
    start..start + slice.len()
}

struct Members<'t>(&'t str);

impl<'t> Visitor<'t> for Members<'t> {
    type Value = Vec<Member<'t>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, raw)) = map.next_entry::<&RawValue, &RawValue>()? {
            members.push(Member {
                key: serde_json::from_str(key.get()).map_err(serde::de::Error::custom)?,
                key_span: span_of(self.0, key.get()),
                node: Node::of(self.0, raw).map_err(serde::de::Error::custom)?,
            });
        }
        Ok(members)
    }
}

struct Items<'t>(&'t str);

impl<'t> Visitor<'t> for Items<'t> {
    type Value = Vec<Node<'t>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            items.push(Node::of(self.0, raw).map_err(serde::de::Error::custom)?);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_know_their_places() {
        let text = "{\n \"名\" : [1, {\"b\\u0041\": null}],\"b\":true}";
        let root = Node::parse(text).expect("the text is JSON");
        let members = root.object().expect("the root is an object");
        assert_eq!(&text[members[0].key_span.clone()], "\"名\"");
        let items = members[0].node.list().expect("the value is a list");
        assert_eq!(&text[items[0].span.clone()], "1");
        let inner = &items[1].object().expect("the item is an object")[0];
        assert_eq!((inner.key.as_str(), &text[inner.key_span.clone()]), ("bA", "\"b\\u0041\""));
        assert_eq!(&text[members[1].node.span.clone()], "true");
    }

    #[test]
    fn what_is_not_json_is_placed() {
        let text = "{\"名\": 1,\n \"b\": }";
        let (offset, message) = Node::parse(text).expect_err("a value is missing");
        assert_eq!((&text[offset..], message.as_str()), ("}", "expected value"));
    }
}
