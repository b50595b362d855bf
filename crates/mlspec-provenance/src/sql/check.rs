//! What an expression may hold: columns, constants, operators and functions that compute a row's value from the row alone.

use super::functions::{self, Missing};
use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Visit, Visitor};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The columns that an expression reads.
pub(crate) fn columns(expr: &Expr) -> Result<BTreeSet<String>, String> {
    let mut check = Check { columns: BTreeSet::new() };
    match expr.visit(&mut check) {
        ControlFlow::Continue(()) => Ok(check.columns),
        ControlFlow::Break(reason) => Err(reason),
    }
}

struct Check {
    columns: BTreeSet<String>,
}

impl Visitor for Check {
    type Break = String;

    fn pre_visit_query(&mut self, _: &sqlparser::ast::Query) -> ControlFlow<String> {
        ControlFlow::Break("subqueries are not possible".to_owned())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        match self.one(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(reason) => ControlFlow::Break(reason),
        }
    }
}

impl Check {
    fn one(&mut self, expr: &Expr) -> Result<(), String> {
        match expr {
            Expr::Identifier(name) => {
                self.columns.insert(name.value.clone());
                Ok(())
            }
            Expr::CompoundIdentifier(parts) => {
                let name = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
                Err(format!(
                    "`{name}` names a table, and there is but one; a name with a dot in it is written `\"{name}\"`"
                ))
            }
            Expr::Function(function) => call(function).map(drop),
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                Err("subqueries are not possible".to_owned())
            }
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => {
                Err("a choice of columns (`*`) is not row-wise".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// The function that is called, and its arguments.
pub(crate) fn call(function: &Function) -> Result<(&'static functions::Function, Vec<&Expr>), String> {
    let name = function.name.to_string().to_ascii_lowercase();
    let quoted = function.name.0.iter().any(|part| part.as_ident().is_some_and(|name| name.quote_style.is_some()));
    if function.over.is_some() {
        return Err(format!("windows (`{name}(…) OVER`) are not row-wise"));
    }
    let found = match functions::find(&name) {
        Ok(found) if !quoted => found,
        Ok(_) => return Err(format!("there is no row-wise function `{name}`")),
        Err(Missing(reason)) => return Err(reason),
    };
    let plain = function.filter.is_none() && function.null_treatment.is_none() && function.within_group.is_empty();
    if !plain || !matches!(function.parameters, FunctionArguments::None) {
        return Err(format!("`{name}` takes arguments and nothing else"));
    }
    let arguments = match &function.args {
        FunctionArguments::None => Vec::new(),
        FunctionArguments::Subquery(_) => return Err("subqueries are not possible".to_owned()),
        FunctionArguments::List(list) if list.duplicate_treatment.is_some() || !list.clauses.is_empty() => {
            return Err(format!("`{name}` takes arguments and nothing else"));
        }
        FunctionArguments::List(list) => list.args.iter().map(|one| argument(&name, one)).collect::<Result<_, _>>()?,
    };
    found.check_count(&name, arguments.len())?;
    Ok((found, arguments))
}

fn argument<'a>(name: &str, argument: &'a FunctionArg) -> Result<&'a Expr, String> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
        FunctionArg::Unnamed(_) => Err("a choice of columns (`*`) is not row-wise".to_owned()),
        _ => Err(format!("the arguments of `{name}` have no names")),
    }
}
