//! YAML 1.2 as JSON values, without recursion: duplicate keys, keys that are no scalars, and aliases that would grow without bound
//! are refused.

use super::{ARRAY, MAX_DEPTH, MAX_MEMORY, OBJECT, Position, SyntaxError, TOO_MUCH, VALUE, locate::Place, yaml_scalar};
use crate::problem::{Target, join};
use granit_parser::{ErrorKind, Event, Parser, ScanError, Span, Tag};
use serde_json::{Map, Value};
use std::{collections::HashMap, ops::ControlFlow};

/// What aliases may copy in one text, in bytes of memory.
const MAX_COPIED: usize = 8 << 20;

/// Reads all documents.
pub(super) fn parse(text: &str) -> Result<Vec<Value>, SyntaxError> {
    parse_within(text, MAX_MEMORY)
}

fn parse_within(text: &str, memory: usize) -> Result<Vec<Value>, SyntaxError> {
    let mut builder =
        Builder { text, documents: Vec::new(), open: Vec::new(), anchors: HashMap::new(), copied: 0, memory };
    for event in events(text) {
        let (event, span) = event.map_err(|error| syntax(text, &error))?;
        builder.take(event, span)?;
    }
    match builder.documents.is_empty() {
        true => Err(SyntaxError::new(Position::of(text, text.len()), "the text holds no document")),
        false => Ok(builder.documents),
    }
}

fn events(text: &str) -> impl Iterator<Item = Result<(Event<'_>, Span), ScanError>> {
    let mut options = granit_parser::options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options)
}

fn syntax(text: &str, error: &ScanError) -> SyntaxError {
    let position = Position::of(text, error.marker().byte_offset().unwrap_or(text.len()));
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => deep(position),
        ErrorKind::UnknownAnchor => SyntaxError::new(position, "the alias names no anchor before it"),
        ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation | ErrorKind::TabNotAllowed => {
            SyntaxError::new(position, "a tab cannot indent").help("indent by spaces")
        }
        _ => SyntaxError::new(position, crate::explain::shown(&error.info())),
    }
}

fn deep(position: Position) -> SyntaxError {
    SyntaxError::new(position, format!("nested more than {MAX_DEPTH} deep"))
}

/// A container that is open, with its anchor (0 for none).
enum Open {
    Sequence(Vec<Value>, usize),
    Mapping(Map<String, Value>, Option<String>, usize),
}

struct Builder<'t> {
    text: &'t str,
    documents: Vec<Value>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    copied: usize,
    /// What is left for the documents of the text.
    memory: usize,
}

/// What an anchor stands for.
struct Anchored {
    value: Value,
    size: Size,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_key = self.expects_key();
                let value = match yaml_scalar::resolve(&text, style, tag.as_deref()) {
                    Ok(_) if is_key => Value::String(text.into_owned()),
                    Ok(value) => value,
                    Err(reason) => return Err(self.error(span, reason)),
                };
                self.node(value, anchor, span)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(Open::Sequence(Vec::new(), anchor), "seq", tag.as_deref(), span)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(Open::Mapping(Map::new(), None, anchor), "map", tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::Sequence(items, anchor)) => self.node(Value::Array(items), anchor, span),
                Some(Open::Mapping(members, _, anchor)) => self.node(Value::Object(members), anchor, span),
                None => Ok(()),
            },
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.open.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping(_, None, _)))
    }

    fn begin(&mut self, open: Open, name: &str, tag: Option<&Tag>, span: Span) -> Result<(), SyntaxError> {
        if tag.is_some_and(|tag| yaml_scalar::core_name(tag) != Some(name)) {
            return Err(self.error(span, "a tag that JSON has no value for"));
        }
        if self.expects_key() {
            return Err(self.error(span, "a key that is no scalar"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(deep(self.position(span)));
        }
        self.open.push(open);
        Ok(())
    }

    /// A value that is complete: remembered under its anchor, put where it belongs.
    fn node(&mut self, value: Value, anchor: usize, span: Span) -> Result<(), SyntaxError> {
        if anchor != 0 {
            let size = Size::of(&value);
            self.copy(size, span)?;
            self.anchors.insert(anchor, Anchored { value: value.clone(), size });
        }
        self.put(value, span)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), SyntaxError> {
        let Some(Anchored { value, size }) = self.anchors.get(&anchor) else {
            return Err(self.error(span, "the alias stands inside what it names"));
        };
        let (size, deepest) = (*size, self.open.len() + size.depth);
        if deepest > MAX_DEPTH {
            return Err(deep(self.position(span)));
        }
        let value = match (self.expects_key(), value) {
            (true, Value::Array(_) | Value::Object(_)) => return Err(self.error(span, "a key that is no scalar")),
            (true, Value::String(text)) => Value::String(text.clone()),
            (true, other) => Value::String(other.to_string()),
            (false, _) => {
                let value = value.clone();
                self.copy(size, span)?;
                value
            }
        };
        self.put(value, span)
    }

    fn copy(&mut self, size: Size, span: Span) -> Result<(), SyntaxError> {
        self.copied = self.copied.saturating_add(size.bytes);
        match self.copied > MAX_COPIED {
            true => Err(self.error(span, "anchors and aliases copy more than 8 MiB")),
            false => Ok(()),
        }
    }

    fn put(&mut self, value: Value, span: Span) -> Result<(), SyntaxError> {
        let inside = match &value {
            Value::String(text) => text.len(),
            Value::Array(items) if !items.is_empty() => ARRAY,
            Value::Object(members) if !members.is_empty() => OBJECT,
            _ => 0,
        };
        let taken = VALUE + inside;
        self.memory = self.memory.checked_sub(taken).ok_or_else(|| self.error(span, TOO_MUCH))?;
        match self.open.last_mut() {
            None => self.documents.push(value),
            Some(Open::Sequence(items, _)) => items.push(value),
            Some(Open::Mapping(members, key @ None, _)) => {
                let Value::String(text) = value else { return Ok(()) };
                if members.contains_key(&text) {
                    let pointer = join(&self.pointer(), &text);
                    return Err(self.error(span, "the key stands twice in its mapping").at(&pointer));
                }
                *key = Some(text);
            }
            Some(Open::Mapping(members, key, _)) => {
                members.extend(key.take().map(|key| (key, value)));
            }
        }
        Ok(())
    }

    fn position(&self, span: Span) -> Position {
        Position::of(self.text, span.tag_start().unwrap_or(span.start).byte_offset().unwrap_or(self.text.len()))
    }

    fn error(&self, span: Span, message: &str) -> SyntaxError {
        SyntaxError::new(self.position(span), message)
    }

    fn pointer(&self) -> String {
        let outer = self.open.len().saturating_sub(1);
        self.open.iter().take(outer).fold(String::new(), |pointer, open| match open {
            Open::Sequence(items, _) => join(&pointer, &items.len().to_string()),
            Open::Mapping(_, key, _) => join(&pointer, key.as_deref().unwrap_or_default()),
        })
    }
}

/// How much a value takes, and how deep it is.
#[derive(Clone, Copy)]
struct Size {
    bytes: usize,
    depth: usize,
}

impl Size {
    /// The depth of values is bounded, so that recursion is.
    fn of(value: &Value) -> Self {
        let (inner, text): (Vec<Self>, usize) = match value {
            Value::String(text) => return Self { bytes: VALUE + text.len(), depth: 0 },
            Value::Array(items) => (items.iter().map(Self::of).collect(), 0),
            Value::Object(members) => {
                (members.values().map(Self::of).collect(), members.keys().map(|key| VALUE + key.len()).sum())
            }
            _ => return Self { bytes: VALUE, depth: 0 },
        };
        let bytes = inner.iter().map(|size| size.bytes).sum::<usize>() + VALUE + text;
        Self { bytes, depth: inner.iter().map(|size| size.depth).max().unwrap_or(0) + 1 }
    }
}

/// Visits every key and value, in the order of the text; what is behind an alias is not visited.
pub(super) fn walk(text: &str, visit: &mut dyn FnMut(Place<'_>) -> ControlFlow<()>) {
    let mut current = None;
    let mut pointer = String::new();
    // For each open container, the length of its pointer, and the index of its next item unless a key comes next or has come.
    let mut open: Vec<(usize, Option<usize>, bool)> = Vec::new();
    for (event, span) in events(text).map_while(Result::ok) {
        match &event {
            Event::DocumentStart(..) => current = Some(current.map_or(0, |number: usize| number + 1)),
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
            }
            _ => {}
        }
        let is_node =
            matches!(event, Event::Scalar(..) | Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..));
        let (true, Some(document)) = (is_node, current) else { continue };
        let mut target = Target::Value;
        match open.last_mut() {
            Some((length, Some(index), _)) => {
                pointer.truncate(*length);
                pointer.push_str(&format!("/{index}"));
                *index += 1;
            }
            Some((length, None, awaits_key @ true)) => {
                pointer.truncate(*length);
                let key = event.scalar().map(|(key, _)| key).unwrap_or_default();
                pointer = join(&pointer, key);
                (*awaits_key, target) = (false, Target::Key);
            }
            Some((_, None, awaits_key)) => *awaits_key = true,
            None => pointer.clear(),
        }
        let offset = span.start.byte_offset().unwrap_or(text.len());
        if visit(Place { document, pointer: &pointer, target, offset, depth: open.len() }).is_break() {
            return;
        }
        match event {
            Event::SequenceStart(..) => open.push((pointer.len(), Some(0), false)),
            Event::MappingStart(..) => open.push((pointer.len(), None, true)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text within the limit of bytes may be many more bytes of values.
    #[test]
    fn a_small_text_does_not_become_a_large_document() {
        let within = |text: &str| {
            parse_within(text, 100 * VALUE).map(drop).map_err(|error| (error.message, error.position.line))
        };
        assert_eq!(within(&"- 0\n".repeat(90)), Ok(()));
        assert_eq!(within(&"- 0\n".repeat(200)), Err((TOO_MUCH.to_owned(), 101)));
        assert_eq!(within(&"---\n- 0\n".repeat(16)), Ok(()));
        assert!(within(&"---\n- 0\n".repeat(17)).is_err());
    }
}
