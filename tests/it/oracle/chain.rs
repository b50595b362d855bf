//! Random chains of operators that fit their columns: each is chosen by small numbers among what the columns allow.

use super::sources::Which;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Float,
    Text,
    Boolean,
}

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The columns of a source.
pub(crate) fn columns(which: Which) -> Vec<Column> {
    let of = |list: &[(&str, Kind)]| {
        list.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: *kind }).collect()
    };
    use Kind::{Boolean, Float, Integer, Text};
    match which {
        Which::People => of(&[
            ("id", Integer),
            ("team", Text),
            ("city", Text),
            ("x", Float),
            ("n", Integer),
            ("flag", Boolean),
            ("note", Text),
        ]),
        Which::Events => {
            of(&[("id", Integer), ("team", Text), ("kind", Text), ("y", Float), ("m", Integer), ("text", Text)])
        }
    }
}

/// A table under way: what it is made of, what was done, what columns it has by now.
pub(crate) struct Chain {
    from: String,
    pub(crate) steps: Vec<Value>,
    pub(crate) columns: Vec<Column>,
    pub(super) tables: Map<String, Value>,
    /// Names of operators, for coverage.
    pub(crate) used: Vec<&'static str>,
    /// Sources that are read.
    pub(crate) reads: BTreeSet<Which>,
    /// How often tables met; rows multiply.
    joins: usize,
    /// For names that nothing else has.
    made: usize,
}

fn pick<T>(list: &[T], choice: u8) -> Option<&T> {
    list.get(usize::from(choice) % list.len().max(1))
}

impl Chain {
    pub(crate) fn new(which: Which) -> Self {
        let from = which.name().to_owned();
        Self {
            from,
            steps: Vec::new(),
            columns: columns(which),
            tables: Map::new(),
            used: Vec::new(),
            reads: [which].into(),
            joins: 0,
            made: 0,
        }
    }

    /// The settings of `transform@1`.
    pub(crate) fn settings(&self) -> Value {
        json!({"tables": self.tables, "from": self.from, "steps": self.steps})
    }

    pub(super) fn name(&mut self, stem: &str) -> String {
        self.made += 1;
        format!("{stem}{}", self.made)
    }

    pub(crate) fn of_kind(&self, kinds: &[Kind], choice: u8) -> Option<Column> {
        let fitting: Vec<&Column> = self.columns.iter().filter(|column| kinds.contains(&column.kind)).collect();
        pick(&fitting, choice).map(|column| (*column).clone())
    }

    pub(super) fn push(&mut self, name: &'static str, settings: Value) {
        self.steps.push(json!({ name: settings }));
        self.used.push(name);
    }

    /// Notes that rows multiply, unless they did too often.
    pub(super) fn meet(&mut self) -> Option<()> {
        self.joins += 1;
        (self.joins <= 2).then_some(())
    }

    /// Adds a row-wise column.
    pub(crate) fn derive(&mut self, name: &str, kind: Kind, sql: &str) {
        self.push("derive", json!({ name: sql }));
        self.columns.retain(|column| column.name != name);
        self.columns.push(Column { name: name.to_owned(), kind });
    }

    /// What was done so far becomes a table with a name, which the chain goes on from.
    fn set_apart(&mut self) -> String {
        let name = self.name("t");
        let steps = std::mem::take(&mut self.steps);
        self.tables.insert(name.clone(), json!({"from": self.from, "steps": steps}));
        self.from.clone_from(&name);
        name
    }

    /// Applies the operator that these numbers choose, if the columns allow it.
    pub(crate) fn apply(&mut self, [operator, a, b, c]: [u8; 4], other: Option<Which>) {
        let done = match operator % 32 {
            0 | 1 => self.filter(a, b, c),
            2 => self.select(a),
            3 => self.rename(a),
            4 | 5 => self.derive_some(a, b),
            6 => self.cast(a, b),
            7 => self.drop_nulls(a),
            8 => self.fill_nulls(a),
            9 => self.join("inner_join", other, a, b),
            10 => self.join(["left_join", "right_join", "full_join"][usize::from(c) % 3], other, a, b),
            11 | 12 => self.group_by(a, b, c),
            13 | 14 => self.distinct(a, b),
            15 => self.concat(a, b, c),
            16..=29 => self.relate(operator / 32 + operator % 32, [a, b, c], other),
            _ => self.means(a, b, c),
        };
        debug_assert!(done.is_some() || done.is_none());
    }

    fn filter(&mut self, a: u8, b: u8, c: u8) -> Option<()> {
        let column = pick(&self.columns, a)?.clone();
        let name = &column.name;
        let condition = match column.kind {
            _ if c % 7 == 6 => format!("\"{name}\" IS NOT NULL"),
            Kind::Integer | Kind::Float => format!(
                "\"{name}\" {} {}",
                ["<", ">=", "<>", "<="][usize::from(b) % 4],
                [5, 0, 1, 3][usize::from(c) % 4]
            ),
            Kind::Text => format!("\"{name}\" {} ('a', 'Ulm', 'mail', 'b', '')", ["IN", "NOT IN"][usize::from(b) % 2]),
            Kind::Boolean => format!("{} \"{name}\"", ["", "NOT"][usize::from(b) % 2]),
        };
        self.push("filter", json!(condition.trim()));
        Some(())
    }

    fn select(&mut self, a: u8) -> Option<()> {
        if self.columns.len() < 4 {
            return None;
        }
        let at = usize::from(a) % self.columns.len();
        self.columns.remove(at);
        self.columns.rotate_left(at % 3);
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        self.push("select", json!(names));
        Some(())
    }

    fn rename(&mut self, a: u8) -> Option<()> {
        let new = self.name("r");
        let at = usize::from(a) % self.columns.len();
        let column = self.columns.get_mut(at)?;
        let old = std::mem::replace(&mut column.name, new.clone());
        self.push("rename", json!({ old: new }));
        Some(())
    }

    fn derive_some(&mut self, a: u8, b: u8) -> Option<()> {
        let column = pick(&self.columns, a)?.clone();
        let (name, new) = (&column.name, if b.is_multiple_of(3) { column.name.clone() } else { self.name("d") });
        let (kind, sql) = match (column.kind, b % 4) {
            (Kind::Integer, 0) => (Kind::Integer, format!("coalesce(\"{name}\", 2) + 1")),
            (Kind::Integer | Kind::Float, 1) => (Kind::Integer, format!("CASE WHEN \"{name}\" > 1 THEN 1 ELSE 0 END")),
            (Kind::Integer | Kind::Float, 2) => (Kind::Boolean, format!("\"{name}\" >= 1")),
            (Kind::Integer | Kind::Float, _) => (Kind::Float, format!("\"{name}\" * 0.1 + 0.3")),
            (Kind::Text, 0) => (Kind::Text, format!("lower(\"{name}\")")),
            (Kind::Text, 1) => (Kind::Boolean, format!("\"{name}\" = 'a'")),
            (Kind::Text, _) => (Kind::Text, format!("concat(coalesce(\"{name}\", 'none'), ' late')")),
            (Kind::Boolean, _) => (Kind::Integer, format!("CASE WHEN \"{name}\" THEN 3 ELSE 1 END")),
        };
        self.derive(&new, kind, &sql);
        Some(())
    }

    fn cast(&mut self, a: u8, b: u8) -> Option<()> {
        let at = usize::from(a) % self.columns.len();
        let column = self.columns.get_mut(at)?;
        let (kind, to) = match (column.kind, b % 3) {
            (Kind::Integer, 0) => (Kind::Text, "string"),
            (Kind::Integer, _) => (Kind::Float, "float64"),
            (Kind::Boolean, _) => (Kind::Integer, "int64"),
            _ => return None,
        };
        column.kind = kind;
        let name = column.name.clone();
        self.push("cast", json!({ name: to }));
        Some(())
    }

    fn drop_nulls(&mut self, a: u8) -> Option<()> {
        let name = pick(&self.columns, a)?.name.clone();
        self.push("drop_nulls", json!([name]));
        Some(())
    }

    fn fill_nulls(&mut self, a: u8) -> Option<()> {
        let column = pick(&self.columns, a)?.clone();
        let constant = match column.kind {
            Kind::Integer => json!(2),
            Kind::Float => json!(0.25),
            Kind::Text => json!("a"),
            Kind::Boolean => json!(true),
        };
        let name = column.name;
        self.push("fill_nulls", json!({ name: constant }));
        Some(())
    }

    /// Columns of a right table, under the names that they get.
    pub(super) fn take_right(&mut self, right: Vec<Column>, key: &str, suffix: &str) {
        let known: BTreeSet<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        let renamed =
            right.into_iter().filter(|column| column.name != key).map(|column| match known.contains(&column.name) {
                true => Column { name: format!("{}{suffix}", column.name), ..column },
                false => column,
            });
        self.columns.extend(renamed.collect::<Vec<_>>());
    }

    /// The other source by the person's key, or groups of it, or of this table itself.
    fn join(&mut self, operator: &'static str, other: Option<Which>, a: u8, b: u8) -> Option<()> {
        let (Some(other), 0..=1) = (other, self.joins) else { return self.means(a, b, 0) };
        let key = pick(&["id", "team"], b)?;
        if !columns_named(&self.columns, key) || !same_kind(&self.columns, &columns(other), key) {
            return None;
        }
        self.joins += 1;
        self.reads.insert(other);
        let suffix = self.name("_");
        let (with, right) = match *key == "id" && a % 3 != 2 {
            true => (other.name().to_owned(), columns(other)),
            false => {
                // One row per key, so that rows don't multiply.
                let (name, number) = (self.name("g"), if other == Which::People { "x" } else { "y" });
                let aggregates = json!({"total": {"function": "sum", "column": number}, "many": {"function": "count"}});
                self.tables.insert(
                    name.clone(),
                    json!({"from": other.name(), "steps": [{"group_by": {"keys": [key], "aggregates": aggregates}}]}),
                );
                self.used.push("group_by");
                let column = |name: &str, kind| Column { name: name.to_owned(), kind };
                (name, vec![column(key, Kind::Text), column("many", Kind::Integer), column("total", Kind::Float)])
            }
        };
        self.push(operator, json!({"with": with, "on": [key], "suffix": suffix}));
        self.take_right(right, key, &suffix);
        Some(())
    }

    fn aggregates(&mut self, b: u8, c: u8) -> (Map<String, Value>, Vec<Column>) {
        let (mut made, mut columns) = (Map::new(), Vec::new());
        for at in 0..=(b % 3) {
            let choice = c.wrapping_mul(3).wrapping_add(at * 5);
            let Some(column) = pick(&self.columns, choice).cloned() else { continue };
            let numeric = matches!(column.kind, Kind::Integer | Kind::Float);
            let (function, kind) = match (choice.wrapping_add(b)) % 10 {
                0 | 1 if numeric => ("mean", Kind::Float),
                2 if numeric => ("sum", column.kind),
                3 if numeric => ("var", Kind::Float),
                4 if numeric => ("median", Kind::Float),
                5 if column.kind == Kind::Boolean => ("any", Kind::Boolean),
                5 if numeric => ("std", Kind::Float),
                6 => ("min", column.kind),
                7 => ("max", column.kind),
                8 => (["first", "last", "mode"][usize::from(b) % 3], column.kind),
                9 => ("n_unique", Kind::Integer),
                _ => ("count", Kind::Integer),
            };
            let name = self.name("a");
            made.insert(name.clone(), json!({"function": function, "column": column.name}));
            columns.push(Column { name, kind });
        }
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        (made, columns)
    }

    fn group_by(&mut self, a: u8, b: u8, c: u8) -> Option<()> {
        let mut keys = vec![self.of_kind(&[Kind::Text, Kind::Integer, Kind::Boolean], a)?];
        let second = self.of_kind(&[Kind::Text, Kind::Integer, Kind::Boolean, Kind::Float], b)?;
        if c % 2 == 1 && second.name != keys[0].name {
            keys.push(second);
        }
        let (made, columns) = self.aggregates(b, c);
        let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        self.push("group_by", json!({"keys": names, "aggregates": made}));
        self.columns = keys.into_iter().chain(columns).collect();
        Some(())
    }

    fn distinct(&mut self, a: u8, b: u8) -> Option<()> {
        let mut on: Vec<String> =
            [a, b].iter().filter_map(|&choice| Some(pick(&self.columns, choice)?.name.clone())).collect();
        on.dedup();
        let settings = if b % 5 == 4 { json!({}) } else { json!({ "on": on }) };
        self.push("distinct", settings);
        Some(())
    }

    /// This table and a part of itself, or the other source with what both have.
    fn concat(&mut self, a: u8, b: u8, c: u8) -> Option<()> {
        if self.joins > 1 {
            return None;
        }
        self.joins += 1;
        let all = self.set_apart();
        let columns = self.columns.clone();
        self.filter(a, b, c)?;
        if c % 3 == 1 {
            self.select(a);
        }
        let steps = std::mem::take(&mut self.steps);
        let part = self.name("p");
        let union = columns.len() != self.columns.len();
        self.tables.insert(part.clone(), json!({"from": all, "steps": steps}));
        self.columns = columns;
        self.push("concat", json!({"with": [part], "union": union}));
        Some(())
    }

    /// Aggregates of groups of the rows as they are now, joined to them.
    fn means(&mut self, a: u8, b: u8, c: u8) -> Option<()> {
        if self.joins > 2 {
            return None;
        }
        self.joins += 1;
        let key = self.of_kind(&[Kind::Text, Kind::Boolean, Kind::Integer], a)?;
        let all = self.set_apart();
        let (made, columns) = self.aggregates(b, c);
        let groups = self.name("g");
        let name = &key.name;
        self.tables.insert(
            groups.clone(),
            json!({"from": all, "steps": [{"group_by": {"keys": [name], "aggregates": made}}]}),
        );
        self.used.push("group_by");
        self.push(if c.is_multiple_of(2) { "inner_join" } else { "left_join" }, json!({"with": groups, "on": [name]}));
        self.columns.extend(columns);
        Some(())
    }
}

fn columns_named(columns: &[Column], name: &str) -> bool {
    columns.iter().any(|column| column.name == name)
}

fn same_kind(left: &[Column], right: &[Column], name: &str) -> bool {
    let kind = |of: &[Column]| of.iter().find(|column| column.name == name).map(|column| column.kind);
    kind(left).is_some() && kind(left) == kind(right)
}
