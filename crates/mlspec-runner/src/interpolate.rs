//! `${name}` in settings.

use crate::parameters::plain;
use crate::suggest::suggest;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Puts the parameters' values into settings. A whole string `${name}` becomes the value with its type, inside a string it
/// becomes text, and `$${` stands for `${`. `problem` gets pointer, message and hint of each unknown name.
pub(crate) fn interpolate(
    settings: &Map<String, Value>,
    values: &Map<String, Value>,
    used: &mut BTreeSet<String>,
    problem: &mut dyn FnMut(&str, String, Option<String>),
) -> Map<String, Value> {
    let mut walk = Walk { values, used, problem };
    settings.iter().map(|(key, value)| (key.clone(), walk.value(value, &step("", key)))).collect()
}

struct Walk<'a> {
    values: &'a Map<String, Value>,
    used: &'a mut BTreeSet<String>,
    problem: &'a mut dyn FnMut(&str, String, Option<String>),
}

fn step(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, pointer: &str) -> Value {
        match value {
            Value::String(text) => self.text(text, pointer),
            Value::Array(items) => {
                items.iter().enumerate().map(|(at, item)| self.value(item, &step(pointer, &at.to_string()))).collect()
            }
            Value::Object(members) => Value::Object(
                members.iter().map(|(key, member)| (key.clone(), self.value(member, &step(pointer, key)))).collect(),
            ),
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str, pointer: &str) -> Value {
        let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if let Some(name) = whole.filter(|name| !name.contains(['{', '}'])) {
            return self.lookup(name, pointer);
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            if let Some(escaped) = before.strip_suffix('$') {
                out.push_str(escaped);
                out.push_str("${");
                rest = from.get(2..).unwrap_or_default();
                continue;
            }
            out.push_str(before);
            let Some((name, after)) = from.get(2..).and_then(|from| from.split_once('}')) else {
                (self.problem)(
                    pointer,
                    "a `${` is not closed".to_owned(),
                    Some("write `$${` for the characters themselves".to_owned()),
                );
                rest = "";
                break;
            };
            out.push_str(&plain(&self.lookup(name, pointer)));
            rest = after;
        }
        out.push_str(rest);
        Value::String(out)
    }

    fn lookup(&mut self, name: &str, pointer: &str) -> Value {
        match self.values.get(name) {
            Some(value) => {
                self.used.insert(name.to_owned());
                value.clone()
            }
            None => {
                let hint = suggest(name, self.values.keys().map(String::as_str));
                (self.problem)(pointer, format!("there is no parameter `{name}`"), hint);
                Value::Null
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_keep_their_type_or_become_text() {
        let Value::Object(values) = json!({"rate": 0.5, "list": ["a"], "name": "x"}) else { panic!() };
        let check = |setting: Value, expect: Result<Value, &str>| {
            let Value::Object(settings) = json!({"s": setting}) else { panic!() };
            let mut found = Vec::new();
            let out = interpolate(&settings, &values, &mut BTreeSet::new(), &mut |at, message, _| {
                found.push(format!("{at} {message}"))
            });
            match expect {
                Ok(expect) => assert_eq!((&out["s"], &found[..]), (&expect, &[][..])),
                Err(expect) => assert_eq!(found, [expect]),
            }
        };
        check(json!("${rate}"), Ok(json!(0.5)));
        check(json!({"deep": ["${list}"]}), Ok(json!({"deep": [["a"]]})));
        check(json!("a ${rate} b ${name}"), Ok(json!("a 0.5 b x")));
        check(json!("$${rate}"), Ok(json!("${rate}")));
        check(json!("a $${b ${name}"), Ok(json!("a ${b x")));
        check(json!("${name}${name}"), Ok(json!("xx")));
        check(json!("plain $ and {}"), Ok(json!("plain $ and {}")));
        check(json!(["${nam}"]), Err("/s/0 there is no parameter `nam`"));
        check(json!("a ${name"), Err("/s a `${` is not closed"));
    }
}
