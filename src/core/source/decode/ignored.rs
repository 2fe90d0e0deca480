//! Values that the schema does not know: passed over, but not unread.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::state::{DecodeState, PathStep};
use crate::source::RefusalCode;

pub(super) fn duplicate_key<E: Error>(state: &mut DecodeState<'_>) -> E {
    state.refuse(RefusalCode::DuplicateKey, "each key once in an object".into(), None)
}

/// Passes over a value of a field that the schema does not know; repeated keys are refused in it too.
pub(super) struct IgnoreSeed<'a, 's>(pub &'a mut DecodeState<'s>);

impl<'de> DeserializeSeed<'de> for IgnoreSeed<'_, '_> {
    type Value = IgnoredAny;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<IgnoredAny, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IgnoreSeed<'_, '_> {
    type Value = IgnoredAny;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<IgnoredAny, E> {
        Ok(IgnoredAny)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<IgnoredAny, E> {
        Ok(IgnoredAny)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<IgnoredAny, E> {
        Ok(IgnoredAny)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<IgnoredAny, E> {
        Ok(IgnoredAny)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<IgnoredAny, E> {
        Ok(IgnoredAny)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<IgnoredAny, E> {
        Ok(IgnoredAny)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<IgnoredAny, A::Error> {
        self.0.enter(PathStep::Item(0), false);
        while seq.next_element_seed(IgnoreSeed(&mut *self.0))?.is_some() {
            self.0.next_item();
        }
        self.0.leave(false);
        Ok(IgnoredAny)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IgnoredAny, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            self.0.enter(PathStep::Unknown(name.as_ref().into()), false);
            if !names.insert(name) {
                return Err(duplicate_key(self.0));
            }
            map.next_value_seed(IgnoreSeed(&mut *self.0))?;
            self.0.leave(false);
        }
        Ok(IgnoredAny)
    }
}
