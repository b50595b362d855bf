//! How the groups of a source column fare: how many rows of each every operator reads and makes, also where the column is long gone.

use crate::engine::Scan;
use crate::flight::{bug, ids};
use crate::links::{Links, Node};
use crate::{Flight, Problem, ProvenanceError};
use mlspec_record::DataType as Type;
use mlspec_record::body::{GroupRows, GroupShares};
use mlspec_table::polars::prelude::*;
use mlspec_table::{ROW, Table};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many groups are told apart; the rows of all others count together.
const GROUPS: usize = 50;

/// Groups of rows by the values of a column of a source.
#[derive(Clone, Debug)]
pub struct Inspection {
    source: String,
    column: String,
    /// The groups' values, sorted; null comes first.
    values: Vec<Option<String>>,
    /// Whether there are more than those.
    more: bool,
    /// How the rows of tables that a plan reads belong to groups.
    tables: BTreeMap<String, Labels>,
}

/// By row id, the numbers of groups; one beyond the last stands for all that are not told apart.
type Labels = HashMap<u64, Vec<u32>>;

/// A group and how many rows it has.
pub(crate) type Counts = BTreeMap<u32, u64>;

impl Inspection {
    /// The groups of a column of `source`, which is a name for the record.
    ///
    /// # Errors
    /// When there is no such column, or it holds fractions, lists or bytes.
    pub fn new(source: impl Into<String>, column: impl Into<String>, rows: &Table) -> Result<Self, ProvenanceError> {
        let (source, column) = (source.into(), column.into());
        let texts = Self::texts(&column, rows)?;
        let mut counts: BTreeMap<Option<&str>, u64> = BTreeMap::new();
        texts.iter().for_each(|(_, text)| *counts.entry(text.as_deref()).or_default() += 1);
        let mut most: Vec<(u64, Option<&str>)> = counts.into_iter().map(|(text, count)| (count, text)).collect();
        most.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        let more = most.len() > GROUPS;
        let values: BTreeSet<Option<String>> =
            most.into_iter().take(GROUPS).map(|(_, text)| text.map(str::to_owned)).collect();
        Ok(Self { source, column, values: values.into_iter().collect(), more, tables: BTreeMap::new() })
    }

    fn texts(column: &str, rows: &Table) -> Result<Vec<(u64, Option<String>)>, ProvenanceError> {
        let found = rows.schema().get(column).ok_or_else(|| Problem::MissingColumn {
            column: column.to_owned(),
            known: rows.schema().names().map(str::to_owned).collect(),
        })?;
        let groups = found.is_integer() || matches!(found, Type::Boolean | Type::String | Type::Date);
        if !groups {
            return Err(Problem::Type(format!("the column `{column}` of type `{found}` makes no groups")).into());
        }
        let values = rows.column(column)?.cast(&DataType::String).map_err(bug)?;
        let texts = values.str().map_err(bug)?.iter().map(|text| text.map(str::to_owned));
        Ok(rows.ids().into_iter().zip(texts).collect())
    }

    /// Says which rows of a table that the plan reads come from which rows of the source: pairs of both ids.
    ///
    /// # Errors
    /// As [`Inspection::new`].
    pub fn table(
        mut self,
        table: impl Into<String>,
        source: &Table,
        pairs: impl IntoIterator<Item = (u64, u64)>,
    ) -> Result<Self, ProvenanceError> {
        let number = |text: &Option<String>| self.values.binary_search(text).unwrap_or(self.values.len()) as u32;
        let of: HashMap<u64, u32> =
            Self::texts(&self.column, source)?.iter().map(|(id, text)| (*id, number(text))).collect();
        let labels = self.tables.entry(table.into()).or_default();
        for (row, source) in pairs {
            if let Some(number) = of.get(&source) {
                let known = labels.entry(row).or_default();
                if !known.contains(number) {
                    known.push(*number);
                }
            }
        }
        Ok(self)
    }

    /// As [`Inspection::table`], for a table that is the source.
    ///
    /// # Errors
    /// As [`Inspection::new`].
    pub fn of_table(self, table: impl Into<String>, source: &Table) -> Result<Self, ProvenanceError> {
        let ids = source.ids();
        self.table(table, source, ids.into_iter().map(|id| (id, id)))
    }

    /// How many rows of each group there are; one that comes from several groups counts in each.
    fn count(&self, flight: &Flight, nodes: &[Node], scans: &[Scan]) -> Result<Counts, Problem> {
        let frame = flight.frame.select(flight.hidden()).map_err(bug)?;
        let links = Links { frame, own: flight.own, roots: flight.nodes.clone() };
        let table = |scan: usize| scans.get(scan).and_then(|scan| self.tables.get(&scan.table));
        let mut counts = Counts::new();
        for (_, group) in labels(&links, nodes, &table)? {
            *counts.entry(group).or_default() += 1;
        }
        Ok(counts)
    }

    /// As records have it.
    fn told(&self, before: &Counts, after: &Counts) -> GroupShares {
        let rows = |group: u32, value: Option<String>| GroupRows {
            value,
            rows_in: before.get(&group).copied().unwrap_or_default(),
            rows_out: after.get(&group).copied().unwrap_or_default(),
        };
        let others = self.values.len() as u32;
        let told_apart = self.values.iter().enumerate().map(|(at, value)| rows(at as u32, value.clone()));
        GroupShares {
            source: self.source.clone(),
            column: self.column.clone(),
            groups: told_apart.collect(),
            others: self.more.then(|| rows(others, None)),
        }
    }
}

/// Pairs of a row and a group that it comes from, each once.
fn labels<'a>(
    links: &Links,
    nodes: &[Node],
    table: &dyn Fn(usize) -> Option<&'a Labels>,
) -> Result<Vec<(u64, u32)>, Problem> {
    let mut found = Vec::new();
    for (node, column) in links.ends() {
        let made: Labels;
        let known = match nodes.get(node) {
            Some(Node::Scan(scan)) => table(*scan),
            Some(Node::Edges(edges)) => {
                made = by_group(edges, labels(edges, nodes, table)?)?;
                Some(&made)
            }
            None => None,
        };
        let Some(known) = known.filter(|known| !known.is_empty()) else { continue };
        for (row, end) in ids(&links.frame, ROW)?.iter().zip(ids(&links.frame, &column)?.iter()) {
            if let (Some(row), Some(groups)) = (row, end.and_then(|end| known.get(&end))) {
                found.extend(groups.iter().map(|group| (row, *group)));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// What rows of an edge table are labelled with, by the group that they went into.
fn by_group(edges: &Links, labelled: Vec<(u64, u32)>) -> Result<Labels, Problem> {
    let rows = ids(&edges.frame, ROW)?;
    let groups = ids(&edges.frame, crate::links::GROUP)?;
    let group_of: HashMap<u64, u64> =
        rows.iter().zip(groups.iter()).filter_map(|(row, group)| Some((row?, group?))).collect();
    let mut made: HashMap<u64, BTreeSet<u32>> = HashMap::new();
    for (row, label) in labelled {
        if let Some(group) = group_of.get(&row) {
            made.entry(*group).or_default().insert(label);
        }
    }
    Ok(made.into_iter().map(|(group, labels)| (group, labels.into_iter().collect())).collect())
}

/// What is inspected while a plan runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inspector {
    pub(crate) inspections: Vec<Inspection>,
    pub(crate) scans: Vec<Scan>,
}

impl Inspector {
    /// The groups of a table in flight, one entry per inspection.
    pub(crate) fn count(&self, flight: &Flight, nodes: &[Node]) -> Result<Vec<Counts>, Problem> {
        self.inspections.iter().map(|one| one.count(flight, nodes, &self.scans)).collect()
    }

    /// What became of the groups of an operator's inputs.
    pub(crate) fn told(&self, before: &[Vec<Counts>], after: &[Counts]) -> Vec<GroupShares> {
        let told = |(at, one): (usize, &Inspection)| {
            let mut sum = Counts::new();
            for counts in before.iter().filter_map(|input| input.get(at)) {
                counts.iter().for_each(|(group, count)| *sum.entry(*group).or_default() += count);
            }
            Some(one.told(&sum, after.get(at)?))
        };
        self.inspections.iter().enumerate().filter_map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Inspection;
    use crate::testing::*;
    use crate::{Aggregate, AggregateFunction as F, Limit, OrderBy, Tracked, WindowColumn, WindowFunction};

    fn people() -> Table {
        table(df!(
            "_row" => [1_u64, 2, 3, 4, 5],
            "country" => [Some("DE"), Some("DE"), Some("UK"), None, Some("UK")],
            "n" => [1_i64, 2, 3, 4, 5],
            "team" => ["a", "b", "a", "b", "a"]
        ))
    }

    fn inspected(plan: &Plan) -> Tracked {
        let inspection = Inspection::new("people", "country", &people()).unwrap().of_table("t", &people()).unwrap();
        plan.run_inspecting(&tables(&[("t", people()), ("u", numbers())]), vec![inspection]).unwrap()
    }

    fn shown(tracked: &Tracked) -> Vec<String> {
        let of = |report: &mlspec_record::body::OperatorReport| {
            let shares = &report.shares[0];
            let group = |group: &mlspec_record::body::GroupRows| {
                format!("{} {}-{}", group.value.as_deref().unwrap_or("null"), group.rows_in, group.rows_out)
            };
            let groups: Vec<_> = shares.groups.iter().map(group).collect();
            format!("{}: {}", report.operator, groups.join(", "))
        };
        tracked.reports().iter().map(of).collect()
    }

    #[test]
    fn groups_are_counted_where_their_column_is_gone() {
        let plan = Plan::scan("t").select(["n", "team"]).filter("n > 1").unwrap();
        let plan = plan.limit(Limit::first(3, [OrderBy::descending("n")]));
        let plan = plan.group_by(["team"], [("s", Aggregate::of(F::Sum, "n"))]).unwrap();
        let plan = plan.inner_join(&Plan::scan("u"), Join::on("u", [""; 0]).and("team", "b")).unwrap();
        assert_eq!(
            shown(&inspected(&plan)),
            [
                "select: null 1-1, DE 2-2, UK 2-2",
                "filter: null 1-1, DE 2-1, UK 2-2",
                "limit: null 1-1, DE 1-0, UK 2-2",
                "group_by: null 1-1, DE 0-0, UK 2-1",
                "inner_join: null 1-0, DE 0-0, UK 1-0",
            ]
        );
    }

    #[test]
    fn a_row_that_comes_from_several_groups_counts_in_each() {
        let place = [("w", WindowColumn::of_place(WindowFunction::Rank))];
        let plan = Plan::scan("t").window(["team"], [OrderBy::ascending("n")], place).unwrap();
        assert_eq!(shown(&inspected(&plan)), ["window: null 1-2, DE 2-5, UK 2-3"]);
        let reports = inspected(&Plan::scan("u").select(["a"]));
        assert_eq!(shown(&reports), ["select: null 0-0, DE 0-0, UK 0-0"]);
    }

    #[test]
    fn many_groups_are_counted_together() {
        let ids: Vec<u64> = (0..1_000).collect();
        let many = table(df!("_row" => ids.clone(), "g" => ids.iter().map(|id| id % 100).collect::<Vec<_>>()));
        let inspection = Inspection::new("many", "g", &many).unwrap().of_table("t", &many).unwrap();
        let tracked =
            Plan::scan("t").run_inspecting(&tables(&[("t", many.clone())]), vec![inspection.clone()]).unwrap();
        assert!(tracked.reports().is_empty());
        let plan = Plan::scan("t").filter("g < 60").unwrap();
        let tracked = plan.run_inspecting(&tables(&[("t", many.clone())]), vec![inspection]).unwrap();
        let shares = &tracked.reports()[0].shares[0];
        let others = shares.others.as_ref().unwrap();
        assert_eq!((shares.groups.len(), others.rows_in, others.rows_out), (50, 500, 100));
        for (column, expect) in [("x", "there is no column `x`"), ("_row", "there is no column `_row`")] {
            assert_eq!(Inspection::new("many", column, &many).unwrap_err().to_string(), expect);
        }
        let floats = table(df!("_row" => [1_u64], "x" => [0.5]));
        assert!(Inspection::new("f", "x", &floats).unwrap_err().to_string().contains("makes no groups"));
    }
}
