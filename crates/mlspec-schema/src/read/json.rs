//! JSON, with duplicate keys refused in the same pass that reads it.

use super::{ARRAY, MAX_MEMORY, OBJECT, Position, SyntaxError, TOO_MUCH, VALUE, json_walk};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, map::Entry};
use std::{cell::Cell, fmt};

const TWICE: &str = "the key stands twice in its object";

/// Reads one document.
pub(crate) fn parse(text: &str) -> Result<Value, SyntaxError> {
    parse_within(text, MAX_MEMORY)
}

fn parse_within(text: &str, memory: usize) -> Result<Value, SyntaxError> {
    let budget = Cell::new(memory);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Seed(&budget).deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|error| syntax(text, &error))
}

fn syntax(text: &str, error: &serde_json::Error) -> SyntaxError {
    let full = error.to_string();
    let message = full.split(" at line ").next().unwrap_or_default();
    if message == TWICE
        && let Some((offset, pointer)) = json_walk::first_duplicate(text)
    {
        return SyntaxError::new(Position::of(text, offset), TWICE).at(&pointer);
    }
    let position = position(text, error);
    match message {
        "recursion limit exceeded" => SyntaxError::new(position, format!("nested more than {} deep", super::MAX_DEPTH)),
        "trailing characters" => SyntaxError::new(position, "expected the end of the document")
            .help("one file holds one JSON document; name it `.ndjson` if it holds one a line"),
        _ => SyntaxError::new(position, if message.is_empty() { "invalid JSON" } else { message }),
    }
}

/// serde_json counts columns in bytes; line 0 means that nothing was read.
fn position(text: &str, error: &serde_json::Error) -> Position {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(error.line().saturating_sub(1)).map(str::len).sum();
    Position::of(text, before + error.column().saturating_sub(1))
}

/// Reads a value strictly, within what is left of a budget of memory.
#[derive(Clone, Copy)]
struct Seed<'b>(&'b Cell<usize>);

impl Seed<'_> {
    fn take<E: Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(bytes).ok_or_else(|| E::custom(TOO_MUCH))?;
        self.0.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.take(value.len())?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.take(value.len())?;
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            self.take(if items.is_empty() { ARRAY + VALUE } else { VALUE })?;
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let first = if members.is_empty() { OBJECT } else { 0 };
            self.take(first + 2 * VALUE + key.len())?;
            match members.entry(key) {
                Entry::Vacant(vacant) => vacant.insert(access.next_value_seed(self)?),
                Entry::Occupied(_) => return Err(A::Error::custom(TWICE)),
            };
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text within the limit of bytes may be many more bytes of values.
    #[test]
    fn a_small_text_does_not_become_a_large_document() {
        let within = |text: &str| {
            parse_within(text, 104 * VALUE).map(drop).map_err(|error| (error.message, error.position.column))
        };
        assert_eq!(within(&format!("[{}]", ["0"; 100].join(","))), Ok(()));
        assert_eq!(within(&format!("[{}]", ["0"; 200].join(","))), Err((TOO_MUCH.to_owned(), 203)));
        let members: Vec<String> = (0..60).map(|key| format!("\"{key}\":{{}}")).collect();
        assert!(within(&format!("{{{}}}", members.join(","))).is_err());
        assert!(within(&format!("[\"{}\"]", "x".repeat(101 * VALUE))).is_err());
    }
}
