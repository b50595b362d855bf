//! Steps of random chains that look at several rows, or make several of one.

use super::chain::{Chain, Column, Kind, columns};
use super::sources::Which;
use serde_json::{Value, json};

const NUMBERS: &[Kind] = &[Kind::Integer, Kind::Float];
const KEYS: &[Kind] = &[Kind::Text, Kind::Boolean, Kind::Integer];

fn one_of(names: &[&'static str], choice: u8) -> &'static str {
    names[usize::from(choice) % names.len()]
}

impl Chain {
    /// The operators of this file, by number.
    pub(crate) fn relate(&mut self, operator: u8, [a, b, c]: [u8; 3], other: Option<Which>) -> Option<()> {
        match operator % 11 {
            0 => self.matching(other, a, b),
            1 => self.cross(other, a),
            2 => self.as_of(other, [a, b, c]),
            3 | 4 => self.window(a, b, c),
            5 => self.limit(a, b, c),
            6 => self.sample(a, b),
            7 => self.explode(a, b),
            8 => self.pivot(a, b, c),
            9 => self.unpivot(a, b),
            _ => self.outliers(a, b, c),
        }
    }

    /// Rows that the other source has, or has not, by a key.
    fn matching(&mut self, other: Option<Which>, a: u8, b: u8) -> Option<()> {
        let other = other?;
        let key = ["id", "team"][usize::from(b) % 2];
        let own = self.columns.iter().find(|column| column.name == key)?.kind;
        let fits = columns(other).iter().any(|column| column.name == key && column.kind == own);
        if !fits {
            return None;
        }
        self.reads.insert(other);
        let name = if a.is_multiple_of(3) { "anti_join" } else { "semi_join" };
        self.push(name, json!({"with": other.name(), "on": [key]}));
        Some(())
    }

    /// Every row with the first rows of the other source.
    fn cross(&mut self, other: Option<Which>, a: u8) -> Option<()> {
        let other = other?;
        self.meet()?;
        let column = columns(other).into_iter().nth(usize::from(a) % 4)?;
        let (with, suffix) = (self.name("f"), self.name("_"));
        let order = json!([{"column": column.name, "descending": a.is_multiple_of(2)}]);
        let steps = json!([{"limit": {"n": 2, "order_by": order}}, {"select": [column.name]}]);
        self.tables.insert(with.clone(), json!({"from": other.name(), "steps": steps}));
        self.used.push("limit");
        self.reads.insert(other);
        self.push("cross_join", json!({"with": with, "suffix": suffix}));
        self.take_right(vec![column], "", &suffix);
        Some(())
    }

    /// The row of the other source that is nearest by a number.
    fn as_of(&mut self, other: Option<Which>, [a, b, c]: [u8; 3]) -> Option<()> {
        let other = other?;
        let own = self.of_kind(NUMBERS, a)?;
        self.meet()?;
        let place = columns(other).into_iter().find(|column| column.kind == own.kind && column.name != "id")?;
        let team = self.columns.iter().any(|column| column.name == "team" && column.kind == Kind::Text);
        let suffix = self.name("_");
        let mut settings = json!({
            "with": other.name(), "left_on": own.name, "right_on": place.name, "suffix": suffix,
            "direction": one_of(&["backward", "forward", "nearest"], b), "strict": c.is_multiple_of(3)
        });
        if b.is_multiple_of(4) {
            settings["tolerance"] = json!(2);
        }
        let by = team && !c.is_multiple_of(4);
        if by {
            settings["by"] = json!(["team"]);
        }
        self.reads.insert(other);
        self.push("asof_join", settings);
        self.take_right(columns(other), if by { "team" } else { "" }, &suffix);
        Some(())
    }

    /// The order of some column.
    fn order(&self, choice: u8) -> Value {
        let order = |column: &Column| json!([{"column": column.name, "descending": choice.is_multiple_of(2), "nulls_first": choice.is_multiple_of(5)}]);
        let some = self.columns.get(usize::from(choice) % (self.columns.len() + 1));
        some.map_or_else(|| json!([]), order)
    }

    fn parts(&self, choice: u8) -> Value {
        let key = (!choice.is_multiple_of(3)).then(|| self.of_kind(KEYS, choice)).flatten();
        key.map_or_else(|| json!([]), |key| json!([key.name]))
    }

    fn window(&mut self, a: u8, b: u8, c: u8) -> Option<()> {
        let read = self.of_kind(NUMBERS, a)?;
        let frame = [
            json!({"from": -2, "to": 0}),
            json!({"to": 0}),
            json!({"unit": "range", "to": 0}),
            json!({"from": -1, "to": 1}),
            json!({}),
        ][usize::from(c) % 5]
            .clone();
        let (settings, kind) = match b % 9 {
            0 => (json!({"function": "lag", "column": read.name, "n": 1 + c % 2}), read.kind),
            1 => (json!({"function": "lead", "column": read.name}), read.kind),
            2 => (json!({"function": one_of(&["row_number", "rank", "dense_rank"], c)}), Kind::Integer),
            3 => (json!({"function": one_of(&["percent_rank", "cume_dist"], c)}), Kind::Float),
            4 => (json!({"function": "ntile", "n": 3}), Kind::Integer),
            5 => (
                json!({"function": one_of(&["mean", "std", "var"], c), "column": read.name, "frame": frame}),
                Kind::Float,
            ),
            6 => (json!({"function": "count", "frame": frame}), Kind::Integer),
            7 => (
                json!({"function": one_of(&["first_value", "last_value"], c), "column": read.name, "frame": frame}),
                read.kind,
            ),
            _ => {
                (json!({"function": one_of(&["sum", "min", "max"], c), "column": read.name, "frame": frame}), read.kind)
            }
        };
        let name = self.name("w");
        let (parts, order) = (self.parts(b.wrapping_add(c)), self.order(a.wrapping_add(c)));
        self.push("window", json!({"partition_by": parts, "order_by": order, "columns": {name.clone(): settings}}));
        self.columns.push(Column { name, kind });
        Some(())
    }

    fn limit(&mut self, a: u8, b: u8, c: u8) -> Option<()> {
        let parts = self.parts(b);
        let n = if parts == json!([]) { 10 + a % 30 } else { 1 + a % 6 };
        let offset = [0, 0, 0, 2][usize::from(c) % 4];
        let order = self.order(c);
        self.push("limit", json!({"n": n, "offset": offset, "order_by": order, "partition_by": parts}));
        Some(())
    }

    fn sample(&mut self, a: u8, b: u8) -> Option<()> {
        let parts = self.parts(b);
        let settings = match a % 3 {
            0 => json!({"fraction": 0.7, "seed": b}),
            1 => json!({"n": 4 + a % 4, "seed": b, "partition_by": parts}),
            _ => json!({"n": 20 + a % 10, "purpose": "debug"}),
        };
        self.push("sample", settings);
        Some(())
    }

    fn explode(&mut self, a: u8, b: u8) -> Option<()> {
        let text = self.of_kind(&[Kind::Text], a)?;
        self.meet()?;
        let name = self.name("i");
        let settings = json!({"columns": [text.name], "separator": one_of(&[" ", "a"], b), "drop_empty": b.is_multiple_of(3), "position": name});
        self.push("explode", settings);
        self.columns.push(Column { name, kind: Kind::Integer });
        Some(())
    }

    fn pivot(&mut self, a: u8, b: u8, c: u8) -> Option<()> {
        let (key, on) = (self.of_kind(KEYS, a)?, self.of_kind(KEYS, b)?);
        if key.name == on.name {
            return None;
        }
        let read = self.of_kind(NUMBERS, c)?;
        let values = match on.kind {
            Kind::Text => json!({"one": "a", "other": "Ulm", "more": "mail"}),
            Kind::Boolean => json!({"one": true, "other": false}),
            _ => json!({"one": 1, "other": 3}),
        };
        let function = ["sum", "mean", "max", "last", "median"][usize::from(c) % 5];
        let kind = if matches!(function, "mean" | "median") { Kind::Float } else { read.kind };
        let made: Vec<Column> = values.as_object()?.keys().map(|name| Column { name: name.clone(), kind }).collect();
        let aggregate = json!({"function": function, "column": read.name});
        self.push("pivot", json!({"keys": [key.name], "on": on.name, "values": values, "aggregate": aggregate}));
        self.columns = std::iter::once(key).chain(made).collect();
        self.columns[1..].sort_by(|one, other| one.name.cmp(&other.name));
        Some(())
    }

    fn unpivot(&mut self, a: u8, b: u8) -> Option<()> {
        let one = self.of_kind(&[Kind::Float, Kind::Text, Kind::Integer], a)?;
        let other = self.of_kind(&[one.kind], b)?;
        if one.name == other.name || self.columns.len() < 4 {
            return None;
        }
        self.meet()?;
        let (variable, value) = (self.name("u"), self.name("u"));
        self.push("unpivot", json!({"columns": [one.name, other.name], "variable": variable, "value": value}));
        self.columns.retain(|column| column.name != one.name && column.name != other.name);
        self.columns.push(Column { name: variable, kind: Kind::Text });
        self.columns.push(Column { name: value, kind: one.kind });
        Some(())
    }

    fn outliers(&mut self, a: u8, b: u8, c: u8) -> Option<()> {
        let read = self.of_kind(NUMBERS, a)?;
        let rule = [
            json!({"iqr": 1.0}),
            json!({"z_score": 1.5}),
            json!({"percentile": {"lower": 0.05, "upper": 0.9}}),
            json!({"mad": 2.0}),
        ][usize::from(b) % 4]
            .clone();
        let parts = self.parts(c);
        self.push("drop_outliers", json!({"columns": [read.name], "rule": rule, "partition_by": parts}));
        Some(())
    }
}
