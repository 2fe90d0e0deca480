//! JSON from parts: what is the same in many records stands ready as text, and only the rest is written anew. The bytes
//! are those that serde gives, which stays the definition of every record.

use serde::Serialize;

/// What writes itself as JSON, byte for byte as its `Serialize`.
pub trait WriteJson {
    /// Appends the value to a buffer.
    fn write_json(&self, out: &mut Vec<u8>);
}

/// An object under way.
#[derive(Debug)]
pub struct JsonObject<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> JsonObject<'a> {
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// A member by serde. The name needs no escape.
    pub fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        append(self.name(name), value);
    }

    /// A member that writes itself. The name needs no escape.
    pub fn part(&mut self, name: &str, value: &impl WriteJson) {
        value.write_json(self.name(name));
    }

    /// Members that stand ready, `"name":value` with commas between them.
    pub fn ready(&mut self, members: &str) {
        self.separate();
        self.out.extend_from_slice(members.as_bytes());
    }

    pub fn end(self) {
        self.out.push(b'}');
    }

    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
    }
}

impl<T: WriteJson> WriteJson for [T] {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (place, item) in self.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            item.write_json(out);
        }
        out.push(b']');
    }
}

impl<T: WriteJson> WriteJson for Vec<T> {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.as_slice().write_json(out);
    }
}

/// Appends a value by serde.
pub fn append(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("invariant: what leaves has text keys, and memory takes all of it");
}

/// A value by serde, to stand ready.
pub fn ready(value: &(impl Serialize + ?Sized)) -> Box<str> {
    serde_json::to_string(value).expect("invariant: what leaves has text keys").into_boxed_str()
}
