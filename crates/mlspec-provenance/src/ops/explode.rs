//! `explode`: a row for every item of a list, or of a text that holds several.

use super::{is_list, names, one};
use crate::engine::Run;
use crate::flight::{bug, ids};
use crate::hash::{pair, seed};
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_distinct, check_name};
use crate::{Flight, Problem};
use mlspec_record::{DataType as Type, Dependency};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A row for every item of a list, with the row's other values. Several columns are exploded side by side: of one row they must
/// hold equally many items. A row without items (null, or an empty list) stays, with null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explode {
    /// The columns: lists, or texts with a separator.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What stands between the items of a text, such as `;`. An empty text is one empty item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub separator: Option<String>,
    /// The name of a column for the item's position in its list, from 0; null for a row without items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Whether rows without items are dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drop_empty: bool,
}

impl Explode {
    /// A row for every item of these columns' lists.
    pub fn lists<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// A row for every part of a text between separators.
    pub fn text(column: impl Into<String>, separator: impl Into<String>) -> Self {
        Self { columns: vec![column.into()], separator: Some(separator.into()), ..Self::default() }
    }

    /// Texts are split first.
    fn lists_of(&self, values: &Series) -> Result<ListChunked, Problem> {
        let lists = match (&self.separator, values.dtype()) {
            (Some(separator), DataType::String) => {
                let texts = values.str().map_err(bug)?;
                let mut lists = ListStringChunkedBuilder::new(values.name().clone(), texts.len(), texts.len());
                for text in texts.iter() {
                    match text {
                        None => lists.append_null(),
                        Some(text) => lists.append_values_iter(text.split(separator.as_str())),
                    }
                }
                lists.finish()
            }
            _ => values.list().map_err(bug)?.clone(),
        };
        Ok(lists.rechunk().into_owned())
    }
}

/// How many items each row has; nothing for null.
fn lengths(lists: &ListChunked) -> Vec<usize> {
    let lengths = lists.lst_lengths();
    lengths.iter().map(|length| length.unwrap_or_default() as usize).collect()
}

impl Relational for Explode {
    fn name(&self) -> String {
        "explode".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("no items")
    }

    fn check(&self) -> Result<(), Problem> {
        if self.columns.is_empty() {
            return Err(Problem::Parameter("`columns` names no column".to_owned()));
        }
        if self.separator.as_deref() == Some("") {
            return Err(Problem::Parameter("`separator` is empty".to_owned()));
        }
        check_distinct(self.columns.iter().map(String::as_str))?;
        self.position.as_deref().map_or(Ok(()), check_name)
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        self.check()?;
        shape.require(self.columns.iter().map(String::as_str))?;
        check_distinct(names(&shape).chain(self.position.as_deref()))?;
        for column in &self.columns {
            match (shape.schema.get(column), &self.separator) {
                (Some(Type::String), Some(_)) => {}
                (Some(found), None) if is_list(found) => {}
                (Some(Type::String), _) => {
                    return Err(Problem::Type(format!("the column `{column}` holds texts: `separator` is missing")));
                }
                (Some(found), Some(_)) => {
                    return Err(Problem::Type(format!(
                        "the column `{column}` of type `{found}` holds no texts to split"
                    )));
                }
                (found, _) => {
                    let found = found.map(|found| found.to_string()).unwrap_or_default();
                    return Err(Problem::Type(format!("the column `{column}` of type `{found}` holds no lists")));
                }
            }
            let sources = shape.through([column.as_str()], Dependency::Transformation);
            shape.sources.insert(column.clone(), sources);
        }
        let all = shape.through(self.columns.iter().map(String::as_str), Dependency::Transformation);
        shape.sources.extend(self.position.iter().map(|name| (name.clone(), all.clone())));
        // How many rows there are, lists decide.
        shape.note(self.columns.iter().map(String::as_str), Dependency::Filter);
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        let kept = wanted.iter().filter(|column| Some(*column) != self.position.as_ref());
        vec![kept.chain(&self.columns).cloned().collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        let made = |column: &str| self.columns.iter().chain(&self.position).any(|name| name == column);
        vec![Way::through(columns, |column| (!made(column)).then(|| column.to_owned()))]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let mut flight = one(inputs)?;
        let mut lists = Vec::new();
        for column in &self.columns {
            lists.push(self.lists_of(flight.frame.column(column).map_err(bug)?.as_materialized_series())?);
        }
        let length = lists.first().map(lengths).unwrap_or_default();
        let unequal =
            |lists: &ListChunked| lengths(lists).iter().zip(&length).filter(|(one, other)| one != other).count();
        if let Some(rows) = lists.iter().map(unequal).find(|rows| *rows > 0) {
            return Err(Problem::Lengths { columns: self.columns.clone(), rows });
        }
        let (mut rows, mut positions): (Vec<IdxSize>, Vec<Option<u64>>) = (Vec::new(), Vec::new());
        for (at, length) in length.iter().enumerate() {
            let empty = usize::from(*length == 0 && !self.drop_empty);
            rows.extend(std::iter::repeat_n(at as IdxSize, length + empty));
            positions.extend((0..*length as u64).map(Some).chain((empty > 0).then_some(None)));
        }
        let before = flight.clone().keep(|_| false)?;
        let taken = IdxCa::from_vec(ROW.into(), rows);
        let own = flight.hide_ids("@exploded")?;
        let others = flight.frame.drop_many(&self.columns);
        let mut frame = others.take(&taken).map_err(bug)?;
        let kept = ExplodeOptions { empty_as_null: !self.drop_empty, keep_nulls: !self.drop_empty };
        for (column, lists) in self.columns.iter().zip(lists) {
            let items = lists.explode(kept).map_err(bug)?;
            frame.with_column(items.with_name(column.as_str().into()).into_column()).map_err(bug)?;
        }
        let from = ids(&frame, &own)?;
        run.lose(&before, &from, false)?;
        let seed = seed("explode");
        let made: Vec<u64> =
            from.iter().zip(&positions).map(|(id, position)| pair(seed, id.unwrap_or_default(), *position)).collect();
        if let Some(name) = &self.position {
            let positions: Vec<Option<i64>> = positions.iter().map(|position| position.map(|at| at as i64)).collect();
            frame.with_column(Column::new(name.as_str().into(), positions)).map_err(bug)?;
        }
        frame = frame.drop_many(["@exploded"]);
        frame.with_column(Column::new(ROW.into(), made)).map_err(bug)?;
        Ok(Flight { frame, own: None, nodes: flight.nodes })
    }
}

#[cfg(test)]
mod tests {
    use super::Explode;
    use crate::testing::*;
    use mlspec_table::polars::prelude::*;

    fn lists() -> Table {
        let tags = Series::new(
            "tags".into(),
            [
                Some(Series::new("".into(), ["x", "y"])),
                None,
                Some(Series::new("".into(), [""; 0])),
                Some(Series::new("".into(), [Some("z"), None])),
            ],
        );
        let frame = df!("_row" => [1_u64, 2, 3, 4], "k" => ["a", "b", "c", "d"], "text" => [Some("1;2"), None, Some(""), Some("3")]);
        let mut frame = frame.unwrap();
        frame.with_column(tags.into_column()).unwrap();
        Table::new(frame).unwrap()
    }

    #[track_caller]
    fn check(explode: Explode, expect: &[&str]) -> Tracked {
        let plan = Plan::scan("t").select(["k", "text", "tags"]).explode(explode).unwrap();
        let tracked = run(&plan, &[("t", lists())]);
        let mut rows: Vec<_> =
            cells(&tracked.table().unwrap()).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        rows.sort();
        let rows: Vec<_> = rows.iter().map(|row| row.replace("[\"x\", \"y\"]", "xy")).collect();
        assert_eq!(rows, expect);
        tracked
    }

    #[test]
    fn a_row_for_every_item() {
        let expect = ["a|1;2|x|0", "a|1;2|y|1", "b|null|null|null", "c||null|null", "d|3|null|1", "d|3|z|0"];
        let numbered = Explode { position: Some("at".into()), ..Explode::lists(["tags"]) };
        let tracked = check(numbered.clone(), &expect);
        assert_eq!(pairs_of(&tracked, "t").len(), 6);
        assert_eq!(tracked.reports()[0].dropped, 0);
        assert_eq!(sources(&tracked.columns()[2]), "t.tags transformation");
        let tracked =
            check(Explode { drop_empty: true, ..numbered }, &["a|1;2|x|0", "a|1;2|y|1", "d|3|null|1", "d|3|z|0"]);
        assert_eq!((tracked.reports()[1].dropped, tracked.reports()[1].reason.as_deref()), (2, Some("no items")));
    }

    #[test]
    fn texts_are_split() {
        let plan = Plan::scan("t").select(["k", "text"]).explode(Explode::text("text", ";")).unwrap();
        let tracked = run(&plan, &[("t", lists())]);
        let mut rows: Vec<_> =
            cells(&tracked.table().unwrap()).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        rows.sort();
        assert_eq!(rows, ["a|1", "a|2", "b|null", "c|", "d|3"]);
    }

    #[test]
    fn what_cannot_be_exploded_is_refused() {
        let check = |explode: Explode, expect: &str| {
            let found = refusal(&Plan::scan("t").explode(explode).unwrap(), &[("t", lists())]);
            assert!(found.ends_with(expect), "{found}");
        };
        check(Explode::lists(["k"]), "the column `k` holds texts: `separator` is missing");
        check(Explode { separator: Some(";".into()), ..Explode::lists(["tags"]) }, "holds no texts to split");
        check(Explode { position: Some("k".into()), ..Explode::lists(["tags"]) }, "two columns would be named `k`");
        assert!(Plan::scan("t").explode(Explode::lists([""; 0])).is_err());
        assert!(Plan::scan("t").explode(Explode::text("k", "")).is_err());
        let plan = Plan::scan("t").derive([("more", "string_to_array(text, ';')")]).unwrap();
        let error =
            plan.explode(Explode::lists(["tags", "more"])).unwrap().run(&tables(&[("t", lists())])).unwrap_err();
        assert!(error.to_string().contains("do not hold equally many items"), "{error}");
    }
}
