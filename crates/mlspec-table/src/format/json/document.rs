//! A JSON document that holds a list of objects: where its items stand. Items are taken apart elsewhere, so what is wrong inside one
//! does not touch the others.

use crate::format::Problem;
use std::ops::Range;

/// What is wrong, and where in the text.
type Fault = (usize, Problem);

/// Where the items of the list stand that a JSON pointer names.
pub(super) fn items(text: &[u8], pointer: &str) -> Result<Vec<Range<usize>>, Fault> {
    let keys: Vec<String> = pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let mut walk = Walk { text, at: 0, pointer };
    let mut items = None;
    walk.space();
    if walk.at == text.len() {
        return Err((0, Problem::Empty));
    }
    walk.find(&keys, &mut items)?;
    walk.space();
    if walk.at < text.len() {
        return Err(walk.damaged());
    }
    items.ok_or_else(|| (0, Problem::NoRecords(pointer.to_owned())))
}

struct Walk<'a> {
    text: &'a [u8],
    at: usize,
    pointer: &'a str,
}

impl Walk<'_> {
    fn damaged(&self) -> Fault {
        (self.at.min(self.text.len()), Problem::Damaged("JSON"))
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        self.space();
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.damaged()),
        }
    }

    /// Goes on behind a `,`; whether the object or list ends instead.
    fn ends(&mut self, end: u8) -> Result<bool, Fault> {
        self.space();
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(found) if found == end => {
                self.at += 1;
                return Ok(true);
            }
            _ => return Err(self.damaged()),
        }
        self.space();
        Ok(false)
    }

    /// Goes through a value; on the way of `keys` it is gone into. Depth is that of the pointer.
    fn find(&mut self, keys: &[String], found: &mut Option<Vec<Range<usize>>>) -> Result<(), Fault> {
        let none = |at| (at, Problem::NoRecords(self.pointer.to_owned()));
        let Some((key, deeper)) = keys.split_first() else {
            if self.peek() != Some(b'[') {
                return Err(none(self.at));
            }
            let items = self.list(&[], None, &mut None)?;
            found.get_or_insert(items);
            return Ok(());
        };
        match self.peek() {
            Some(b'[') => self.list(deeper, key.parse().ok(), found).map(drop),
            Some(b'{') => self.object(deeper, key, found),
            _ => Err(none(self.at)),
        }
    }

    /// Goes through a list; into its item `wanted`.
    fn list(
        &mut self,
        keys: &[String],
        wanted: Option<usize>,
        found: &mut Option<Vec<Range<usize>>>,
    ) -> Result<Vec<Range<usize>>, Fault> {
        self.expect(b'[')?;
        self.space();
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items);
        }
        loop {
            let start = self.at;
            match wanted == Some(items.len()) && found.is_none() {
                true => self.find(keys, found)?,
                false => self.value()?,
            }
            items.push(start..self.at);
            if self.ends(b']')? {
                return Ok(items);
            }
        }
    }

    /// Goes through an object; into its first member `wanted`.
    fn object(&mut self, keys: &[String], wanted: &str, found: &mut Option<Vec<Range<usize>>>) -> Result<(), Fault> {
        self.expect(b'{')?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.damaged());
            }
            self.string()?;
            let name = serde_json::from_slice::<String>(&self.text[start..self.at]).map_err(|_| self.damaged())?;
            self.expect(b':')?;
            self.space();
            match name == wanted && found.is_none() {
                true => self.find(keys, found)?,
                false => self.value()?,
            }
            if self.ends(b'}')? {
                return Ok(());
            }
        }
    }

    /// Goes through a value without looking into it: to where its brackets close, or a scalar ends.
    fn value(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string()?;
                    if depth == 0 && self.text[start] == b'"' {
                        return Ok(());
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => break,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        if depth > 0 || self.at == start { Err(self.damaged()) } else { Ok(()) }
    }

    /// Goes through a text, which begins here.
    fn string(&mut self) -> Result<(), Fault> {
        let mut at = self.at + 1;
        while let Some(found) = self.text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
            at += found;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return Ok(());
            }
            at += 2;
        }
        self.at = self.text.len();
        Err(self.damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_where_the_pointer_says() {
        let check = |text: &str, pointer: &str, expect: Result<&[&str], &str>| {
            let found = items(text.as_bytes(), pointer);
            match (found, expect) {
                (Ok(found), Ok(expect)) => {
                    let found: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
                    assert_eq!(found, expect, "{text} {pointer}");
                }
                (Err((_, problem)), Err(message)) => assert_eq!(problem.to_string(), message, "{text} {pointer}"),
                (found, expect) => panic!("{text} {pointer}: {found:?}, expected {expect:?}"),
            }
        };
        let damaged = Err("the file is no JSON file, or damaged");
        check("[]", "", Ok(&[]));
        check(" [ {\"a\":[1,{}]} ,\n{} ] ", "", Ok(&["{\"a\":[1,{}]}", "{}"]));
        check("[{\"a\":\"}]\\\"\"},3,\"x\",null]", "", Ok(&["{\"a\":\"}]\\\"\"}", "3", "\"x\"", "null"]));
        check("{\"n\":1,\"data\":{\"rows\":[{},{}],\"rows\":[]},\"x\":[]}", "/data/rows", Ok(&["{}", "{}"]));
        check("{\"a/b\":{\"~\":[1]}}", "/a~1b/~0", Ok(&["1"]));
        check("{\"\\u00fc.\\\"\":[1]}", "/ü.\"", Ok(&["1"]));
        check("[[1],{\"r\":[2]}]", "/1/r", Ok(&["2"]));
        check("[{bad},{}]", "", Ok(&["{bad}", "{}"]));
        check("{\"data\":{}}", "/data/rows", Err("there is no list of objects at `/data/rows`"));
        check("{\"data\":3}", "/data/rows", Err("there is no list of objects at `/data/rows`"));
        check("{}", "", Err("there is no list of objects at the top of the document"));
        check("3", "", Err("there is no list of objects at the top of the document"));
        check("", "", Err("the file is empty and no columns are declared"));
        for cut in ["[", "[{}", "[{},", "[{\"a", "[{]", "{\"a\":[]", "[] []", "{\"a\" []}", "{a:[]}", "[,]", "[{}}"] {
            check(cut, if cut.starts_with('{') { "/a" } else { "" }, damaged);
        }
    }
}
