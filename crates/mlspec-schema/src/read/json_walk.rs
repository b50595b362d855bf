//! Where things stand in a JSON text: a walk without recursion, made only when there is something to tell.

use super::locate::Place;
use crate::problem::Target;
use std::{collections::HashSet, ops::ControlFlow};

/// Visits every key and value of a text, in its order; stops where the text is no JSON.
pub(super) fn walk(text: &str, visit: &mut dyn FnMut(Place<'_>) -> ControlFlow<()>) {
    let mut walk = Walk { text, at: 0, pointer: String::new(), open: Vec::new() };
    while let Some(ControlFlow::Continue(())) = walk.step(visit) {}
}

/// The first key that stands twice in its object: its offset and its pointer.
pub(super) fn first_duplicate(text: &str) -> Option<(usize, String)> {
    let mut seen: Vec<HashSet<String>> = Vec::new();
    let mut found = None;
    walk(text, &mut |place| {
        if place.target == Target::Value {
            seen.truncate(place.depth);
            seen.push(HashSet::new());
        } else if seen.get_mut(place.depth - 1).is_some_and(|keys| !keys.insert(place.pointer.to_owned())) {
            found = Some((place.offset, place.pointer.to_owned()));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    found
}

/// A container that is open: the length of its own pointer, and the index of its next item if it is an array.
struct Open {
    pointer: usize,
    index: Option<usize>,
}

struct Walk<'t> {
    text: &'t str,
    at: usize,
    pointer: String,
    open: Vec<Open>,
}

impl Walk<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// One value: what leads to it, itself, and the closing brackets after it.
    fn step(&mut self, visit: &mut dyn FnMut(Place<'_>) -> ControlFlow<()>) -> Option<ControlFlow<()>> {
        self.blank();
        let is_object = match self.open.last_mut() {
            Some(Open { pointer, index: Some(index) }) => {
                self.pointer.truncate(*pointer);
                self.pointer.push_str(&format!("/{index}"));
                *index += 1;
                false
            }
            Some(Open { pointer, index: None }) => {
                self.pointer.truncate(*pointer);
                true
            }
            None => false,
        };
        if is_object {
            let offset = self.at;
            let key: String = serde_json::from_str(self.string()?).ok()?;
            self.pointer = crate::problem::join(&self.pointer, &key);
            if visit(self.place(offset, Target::Key)).is_break() {
                return None;
            }
            self.blank();
            self.at += usize::from(self.peek()? == b':');
            self.blank();
        }
        if visit(self.place(self.at, Target::Value)).is_break() {
            return None;
        }
        let opened = match self.peek()? {
            b'{' => Some(None),
            b'[' => Some(Some(0)),
            b'"' => {
                self.string()?;
                None
            }
            _ => {
                let rest = self.text.get(self.at..)?;
                let length = rest.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
                self.at += length;
                (length > 0).then_some(())?;
                None
            }
        };
        if let Some(index) = opened {
            self.at += 1;
            self.open.push(Open { pointer: self.pointer.len(), index });
            self.blank();
            if !matches!(self.peek()?, b'}' | b']') {
                return Some(ControlFlow::Continue(()));
            }
        }
        self.close()
    }

    /// Closing brackets, up to the comma before the next value.
    fn close(&mut self) -> Option<ControlFlow<()>> {
        loop {
            self.blank();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    return Some(ControlFlow::Continue(()));
                }
                b'}' | b']' => {
                    self.at += 1;
                    self.open.pop()?;
                }
                _ => return None,
            }
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<&str> {
        let start = self.at;
        (self.peek()? == b'"').then_some(())?;
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return self.text.get(start..self.at);
                }
                _ => self.at += 1,
            }
        }
    }

    fn place(&self, offset: usize, target: Target) -> Place<'_> {
        Place { document: 0, pointer: &self.pointer, target, offset, depth: self.open.len() }
    }
}
