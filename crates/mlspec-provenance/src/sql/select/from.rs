//! `FROM`: tables, subqueries, and what joins them.

use super::Lower;
use super::join::{Conditions, Kind};
use super::names::{Mentions, NOWHERE, Relation, Visible, conjuncts, free, same};
use crate::sql::text::Refusal;
use crate::{Operator, Rename};
use sqlparser::ast::{
    Expr, Join, JoinConstraint, JoinOperator, ObjectName, Spanned as _, TableAlias, TableFactor, TableWithJoins,
};
use std::collections::{BTreeMap, BTreeSet};

/// A table's name, which has no parts.
pub(super) fn table_name(name: &ObjectName) -> Result<&str, Refusal> {
    let found = match name.0.as_slice() {
        [part] => part.as_ident().map(|name| name.value.as_str()),
        _ => None,
    };
    found.ok_or_else(|| {
        Refusal::at(format!("`{name}` is no table: names of tables have no schema in front"), name.span().start)
    })
}

/// Why no function stands behind `FROM`.
pub(super) fn function(name: &ObjectName) -> Refusal {
    Refusal::at(
        format!("`{name}(…)` is a function, and rows come from tables; no file is read here"),
        name.span().start,
    )
}

/// Gives a table, and maybe its columns, other names.
pub(super) fn rename(relation: &mut Relation, alias: &TableAlias) -> Result<(), Refusal> {
    let at = alias.name.span.start;
    if !alias.columns.is_empty() && alias.columns.len() != relation.columns.len() {
        let (given, found) = (alias.columns.len(), relation.columns.len());
        return Err(Refusal::at(format!("`{}` names {given} columns, and there are {found}", alias.name.value), at));
    }
    for (column, name) in relation.columns.iter_mut().zip(&alias.columns) {
        column.name.clone_from(&name.name.value);
    }
    for column in &mut relation.columns {
        column.table = Some(alias.name.value.clone());
        column.bare = true;
    }
    Ok(())
}

impl Lower<'_> {
    /// The relation behind `FROM`; conditions of `WHERE` that join tables of a list are taken out of `conditions`.
    pub(super) fn from(
        &mut self,
        from: &[TableWithJoins],
        conditions: &mut Vec<Expr>,
        mentions: &Mentions,
    ) -> Result<Relation, Refusal> {
        let mut made: Option<Relation> = None;
        for table in from {
            let mut next = self.factor(&table.relation)?;
            let at = table.relation.span().start;
            for join in &table.joins {
                next = self.joined(next, join, mentions)?;
            }
            made = Some(match made {
                None => next,
                Some(left) => {
                    check_aliases(&left, &next, at)?;
                    // What links the two is a key; the rest waits in `WHERE`.
                    let (links, rest): (Vec<Expr>, Vec<Expr>) =
                        conditions.drain(..).partition(|condition| super::join::links(condition, &left, &next));
                    *conditions = rest;
                    self.join(left, next, Kind::Inner, &Conditions::On(links.iter().collect()), mentions, at)?
                }
            });
        }
        made.ok_or_else(|| Refusal::new("it reads no table: rows come from tables, by which they are traced"))
    }

    fn joined(&mut self, left: Relation, join: &Join, mentions: &Mentions) -> Result<Relation, Refusal> {
        use JoinOperator as J;
        let at = join.relation.span().start;
        if join.global {
            return Err(Refusal::at("`GLOBAL` is not possible", at));
        }
        let (kind, constraint) = match &join.join_operator {
            J::Join(on) | J::Inner(on) => (Kind::Inner, on),
            J::Left(on) | J::LeftOuter(on) => (Kind::Left, on),
            J::Right(on) | J::RightOuter(on) => (Kind::Right, on),
            J::FullOuter(on) => (Kind::Full, on),
            J::Semi(on) | J::LeftSemi(on) => (Kind::Semi, on),
            J::Anti(on) | J::LeftAnti(on) => (Kind::Anti, on),
            J::CrossJoin(on @ JoinConstraint::None) => (Kind::Inner, on),
            _ => {
                return Err(Refusal::at(
                    "this join is not possible; inner, left, right, full, cross, semi and anti joins are",
                    at,
                ));
            }
        };
        let cross = matches!(join.join_operator, J::CrossJoin(_));
        let right = self.factor(&join.relation)?;
        check_aliases(&left, &right, at)?;
        match constraint {
            JoinConstraint::On(on) => {
                let conditions = Conditions::On(conjuncts(on));
                self.join(left, right, kind, &conditions, mentions, at)
            }
            JoinConstraint::Using(columns) => {
                let names = columns.iter().map(|name| match name.0.as_slice() {
                    [part] => part.as_ident().cloned(),
                    _ => None,
                });
                let names = names
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(|| Refusal::at("`USING` takes names of columns", at))?;
                self.join(left, right, kind, &Conditions::Using(names), mentions, at)
            }
            JoinConstraint::None if cross => self.join(left, right, kind, &Conditions::On(Vec::new()), mentions, at),
            JoinConstraint::None => {
                Err(Refusal::at("the join has no `ON` or `USING`; `CROSS JOIN` joins every row with every other", at))
            }
            JoinConstraint::Natural => Err(Refusal::at(
                "`NATURAL` is not possible, since a new column would change what it does; write `USING (…)`",
                at,
            )),
        }
    }

    /// A table, a subquery, or joins in parentheses.
    fn factor(&mut self, factor: &TableFactor) -> Result<Relation, Refusal> {
        let at = factor.span().start;
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                if args.is_some() {
                    return Err(function(name));
                }
                let plain = with_hints.is_empty() && version.is_none() && !with_ordinality && partitions.is_empty();
                if !plain || json_path.is_some() || !index_hints.is_empty() {
                    return Err(Refusal::at("what follows the table's name is not possible", at));
                }
                if sample.is_some() {
                    return Err(Refusal::at("`TABLESAMPLE` is not possible; the step `sample` draws rows by hash", at));
                }
                let mut relation = self.table(name)?;
                if let Some(alias) = alias {
                    rename(&mut relation, alias)?;
                }
                Ok(relation)
            }
            TableFactor::Derived { lateral: true, .. } => Err(Refusal::at("`LATERAL` is not possible", at)),
            TableFactor::Derived { subquery, alias, sample: None, .. } => {
                let mut relation = self.query(subquery)?;
                relation.columns.iter_mut().for_each(|column| column.table = None);
                if let Some(alias) = alias {
                    rename(&mut relation, alias)?;
                }
                Ok(relation)
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.from(
                std::slice::from_ref(table_with_joins),
                &mut Vec::new(),
                &Mentions { all: true, ..Mentions::default() },
            ),
            TableFactor::TableFunction { .. } | TableFactor::Function { .. } | TableFactor::UNNEST { .. } => {
                Err(Refusal::at("functions give no rows here: rows come from tables, and no file is read", at))
            }
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } => {
                Err(Refusal::at("`PIVOT` and `UNPIVOT` are not possible; the steps `pivot` and `unpivot` are", at))
            }
            _ => Err(Refusal::at("this is no table", at)),
        }
    }

    fn table(&mut self, name: &ObjectName) -> Result<Relation, Refusal> {
        let at = name.span().start;
        let written = table_name(name)?;
        if let Some(ident) = name.0.first().and_then(|part| part.as_ident())
            && let Some(mut own) = self.own(ident)
        {
            own.columns.iter_mut().for_each(|column| column.table = Some(written.to_owned()));
            return Ok(own);
        }
        let Some((plan, schema)) = self.inputs.get(written) else {
            let known = self.inputs.keys().map(String::as_str).chain(self.own.iter().map(|(name, _)| name.as_str()));
            let hint =
                crate::closest(written, known).map(|close| format!("; did you mean `{close}`?")).unwrap_or_default();
            return Err(Refusal::at(format!("there is no table `{written}`{hint}"), at));
        };
        let relation = Relation::new(plan.clone(), schema, Some(written));
        self.speakable(relation)
    }

    /// Names with quotes cannot stand in expressions that are written down: the plan calls such columns otherwise.
    fn speakable(&mut self, mut relation: Relation) -> Result<Relation, Refusal> {
        let mut taken = relation.taken();
        let mut names = BTreeMap::new();
        for column in &mut relation.columns {
            if column.column.contains(['"', '`', '\\']) {
                let new = free(&column.column, &taken);
                taken.insert(new.clone());
                names.insert(std::mem::replace(&mut column.column, new.clone()), new);
            }
        }
        if !names.is_empty() {
            relation.plan = self.apply(relation.plan, Operator::Rename(Rename(names)), Vec::new(), NOWHERE)?;
        }
        Ok(relation)
    }
}

/// Two tables of one name could not be told apart.
fn check_aliases(left: &Relation, right: &Relation, at: sqlparser::tokenizer::Location) -> Result<(), Refusal> {
    let names = |relation: &Relation| {
        relation.columns.iter().filter_map(|column| column.table.clone()).collect::<BTreeSet<_>>()
    };
    let (left, right) = (names(left), names(right));
    match left.intersection(&right).next() {
        None => Ok(()),
        Some(name) => Err(Refusal::at(
            format!("two tables are called `{name}`; name one of them otherwise (`{name} AS other`)"),
            at,
        )),
    }
}

/// The columns of `*`, or of `table.*`.
pub(super) fn starred<'a>(relation: &'a Relation, table: Option<&ObjectName>) -> Result<Vec<&'a Visible>, Refusal> {
    let Some(table) = table else { return Ok(relation.columns.iter().filter(|column| column.bare).collect()) };
    let [part] = table.0.as_slice() else {
        return Err(Refusal::at("only a table stands in front of `.*`", table.span().start));
    };
    let Some(name) = part.as_ident() else {
        return Err(Refusal::at("only a table stands in front of `.*`", table.span().start));
    };
    for exact in [true, false] {
        let found: Vec<_> = relation
            .columns
            .iter()
            .filter(|column| column.table.as_ref().is_some_and(|of| same(name, of, exact)))
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(Refusal::at(format!("there is no table `{table}`"), name.span.start))
}
