//! `limit`: the first rows in an order.

use super::groups::{Groups, check_parts};
use super::one;
use super::order::{Order, OrderBy, check_order};
use crate::engine::Run;
use crate::flight::{bug, ids, node_column};
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem, engine};
use mlspec_record::Dependency;
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The first rows in an order, which row ids make complete; of every part, if there are several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many rows to keep.
    pub n: u64,
    /// How many rows to skip before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u64,
    /// The order; without it that of row ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<OrderBy>,
    /// Columns that cut the table into parts of equal values, each with a limit of its own. Null is a value like others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition_by: Vec<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Limit {
    /// The first `n` rows in the order of these columns.
    pub fn first(n: u64, order_by: impl IntoIterator<Item = OrderBy>) -> Self {
        Self { n, order_by: order_by.into_iter().collect(), ..Self::default() }
    }

    /// Keeps rows of each part of equal values in these columns.
    #[must_use]
    pub fn partition_by<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.partition_by = columns.into_iter().map(Into::into).collect();
        self
    }
}

impl Relational for Limit {
    fn name(&self) -> String {
        "limit".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("beyond the limit")
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        check_parts(&shape, &self.partition_by)?;
        shape.note(self.partition_by.iter().map(String::as_str), Dependency::Group);
        check_order(&mut shape, &self.order_by)?;
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        let order = self.order_by.iter().map(|order| &order.column);
        vec![wanted.iter().chain(&self.partition_by).chain(order).cloned().collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::part(&self.partition_by)
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::parts(columns, &self.partition_by)]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let order = Order::new(&flight, &self.order_by)?;
        let parts = Groups::new(&flight, &self.partition_by, "limit")?;
        let skip = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let end = skip.saturating_add(usize::try_from(self.n).unwrap_or(usize::MAX));
        let chosen = parts.each(|rows| {
            let mut rows = rows.to_vec();
            order.sort(&mut rows);
            let kept = rows.get(skip..end.min(rows.len())).unwrap_or_default().to_vec();
            rows.truncate(if kept.is_empty() { 0 } else { skip });
            (rows, kept)
        });
        let kept: Vec<IdxSize> = chosen.iter().flat_map(|(_, kept)| kept.iter().copied()).collect();
        let mut frame = flight.frame.take(&IdxCa::from_vec(ROW.into(), kept)).map_err(bug)?;
        run.lose(&flight, &ids(&frame, ROW)?, true)?;
        if self.offset == 0 {
            return Ok(flight.with(frame));
        }
        // A row is behind others only where these are: it comes from them too.
        let (mut skipped, mut behind, mut ahead): (Vec<IdxSize>, Vec<u64>, Vec<u64>) = <_>::default();
        for ((before, kept), part) in chosen.iter().zip(&parts.ids) {
            behind.extend(kept.iter().map(|_| *part));
            ahead.extend(before.iter().map(|_| *part));
            skipped.extend(before);
        }
        let skipped = flight.frame.take(&IdxCa::from_vec(ROW.into(), skipped)).map_err(bug)?;
        let node = run.add(engine::edges(&flight.clone().with(skipped), ahead)?);
        frame.with_column(Column::new(node_column(node).into(), behind)).map_err(bug)?;
        let mut flight = flight.with(frame);
        flight.nodes.push(node);
        Ok(flight)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, OrderBy};
    use crate::testing::*;

    #[track_caller]
    fn check(limit: Limit, expect: &[u64]) -> Tracked {
        let tracked = run(&Plan::scan("t").limit(limit), &[("t", numbers())]);
        assert_eq!(tracked.table().unwrap().ids(), expect);
        tracked
    }

    #[test]
    fn the_first_rows_in_an_order() {
        let by = |order: OrderBy| Limit::first(2, [order]);
        assert!(check(Limit::first(2, []), &[10, 11]).is_identity());
        check(by(OrderBy::ascending("a")), &[10, 11]);
        check(by(OrderBy::descending("a")), &[11, 12]);
        check(by(OrderBy { nulls_first: true, ..OrderBy::descending("a") }), &[12, 13]);
        check(by(OrderBy::descending("b")), &[11, 12]);
        check(by(OrderBy::ascending("b")), &[10, 13]);
        check(
            Limit::first(1, [OrderBy::ascending("b"), OrderBy { nulls_first: true, ..OrderBy::ascending("a") }]),
            &[13],
        );
        check(Limit::first(0, []), &[]);
        check(Limit::first(u64::MAX, []), &[10, 11, 12, 13]);
        check(Limit::first(1, [OrderBy::descending("a")]).partition_by(["b"]), &[10, 11, 12]);
    }

    #[test]
    fn rows_that_are_skipped_are_part_of_the_lineage() {
        let limit = Limit { offset: 1, ..Limit::first(1, [OrderBy::ascending("a")]) };
        let tracked = check(limit.clone(), &[11]);
        assert_eq!(pairs_of(&tracked, "t"), [(11, 10), (11, 11)]);
        assert_eq!(all_sources(tracked.indirect()), "t.a sort");
        assert_eq!(
            (tracked.reports()[0].dropped, tracked.reports()[0].reason.as_deref()),
            (3, Some("beyond the limit"))
        );
        let parts = check(limit.partition_by(["b"]), &[13]);
        assert_eq!(pairs_of(&parts, "t"), [(13, 10), (13, 13)]);
        check(Limit { offset: u64::MAX, ..Limit::first(u64::MAX, []) }, &[]);
    }

    #[test]
    fn columns_must_be_there_and_have_an_order() {
        let check = |plan: &Plan, expect: &str| {
            let found = refusal(plan, &[("t", numbers())]);
            assert!(found.ends_with(expect), "{found}");
        };
        check(&Plan::scan("t").limit(Limit::first(1, [OrderBy::ascending("z")])), "there is no column `z`");
        check(&Plan::scan("t").limit(Limit::first(1, []).partition_by(["z"])), "there is no column `z`");
        let listed = Plan::scan("t").derive([("l", "string_to_array(b, ',')")]).unwrap();
        check(
            &listed.limit(Limit::first(1, [OrderBy::ascending("l")])),
            "the column `l` of type `list_string` has no order",
        );
    }
}
