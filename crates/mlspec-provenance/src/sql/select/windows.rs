//! Window functions: `sum(x) OVER (PARTITION BY k ORDER BY t)`.

use super::Lower;
use super::groups::{Arguments, marked};
use super::names::{Relation, as_ready, free, rewrite, text};
use crate::sql::text::Refusal;
use crate::{Constant, Frame, FrameUnit, Operator, OrderBy, Window, WindowColumn, WindowFunction as F};
use sqlparser::ast::{
    Expr, Function, NamedWindowExpr, Select, Spanned as _, UnaryOperator, Value, ValueWithSpan, VisitMut, VisitorMut,
    WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};
use sqlparser::tokenizer::Location;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

const FUNCTIONS: &[(&str, F)] = &[
    ("row_number", F::RowNumber),
    ("rank", F::Rank),
    ("dense_rank", F::DenseRank),
    ("percent_rank", F::PercentRank),
    ("cume_dist", F::CumeDist),
    ("ntile", F::Ntile),
    ("lag", F::Lag),
    ("lead", F::Lead),
    ("first_value", F::FirstValue),
    ("last_value", F::LastValue),
    ("nth_value", F::NthValue),
    ("count", F::Count),
    ("sum", F::Sum),
    ("avg", F::Mean),
    ("mean", F::Mean),
    ("stddev", F::Std),
    ("stddev_samp", F::Std),
    ("variance", F::Var),
    ("var_samp", F::Var),
    ("min", F::Min),
    ("max", F::Max),
];

impl Lower<'_> {
    /// Computes the window functions of expressions, and puts their columns in place.
    pub(super) fn windowed(
        &mut self,
        made: Relation,
        select: &Select,
        exprs: Vec<&mut Expr>,
        at: Location,
    ) -> Result<Relation, Refusal> {
        let taken = self.schema(&made.plan)?.names().map(str::to_owned).collect();
        let mut collect = Collect { made: &made, select, taken, derived: BTreeMap::new(), windows: Vec::new() };
        for expr in exprs {
            if let ControlFlow::Break(refusal) = expr.visit(&mut collect) {
                return Err(refusal);
            }
        }
        let Collect { derived, windows, .. } = collect;
        let mut plan = self.derived(made.plan.clone(), derived, at)?;
        let mut columns = made.columns;
        for window in windows {
            columns.extend(window.columns.keys().map(|column| super::names::Visible {
                table: None,
                name: column.clone(),
                column: column.clone(),
                bare: false,
            }));
            plan = self.apply(plan, Operator::Window(window), Vec::new(), at)?;
        }
        Ok(Relation { plan, columns })
    }
}

struct Collect<'a> {
    made: &'a Relation,
    select: &'a Select,
    taken: BTreeSet<String>,
    derived: BTreeMap<String, String>,
    windows: Vec<Window>,
}

impl VisitorMut for Collect<'_> {
    type Break = Refusal;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refusal> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let Some(over) = function.over.clone() else { return ControlFlow::Continue(()) };
        match self.window(function, &over) {
            Ok(made) => {
                *expr = made;
                ControlFlow::Continue(())
            }
            Err(refusal) => ControlFlow::Break(refusal.or_at(expr.span().start)),
        }
    }
}

impl Collect<'_> {
    fn column(&mut self, expr: &Expr) -> Result<String, Refusal> {
        let expr = rewrite(expr, self.made)?;
        if let Some(column) = as_ready(&expr) {
            return Ok(column.to_owned());
        }
        let wanted = text(&expr);
        if let Some((name, _)) = self.derived.iter().find(|(_, other)| **other == wanted) {
            return Ok(name.clone());
        }
        let name = free(&wanted, &self.taken);
        self.taken.insert(name.clone());
        self.derived.insert(name.clone(), wanted);
        Ok(name)
    }

    fn window(&mut self, called: &Function, over: &WindowType) -> Result<Expr, Refusal> {
        let name = called.name.to_string().to_lowercase();
        let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
        let Some((_, function)) = known.copied() else {
            let close = crate::closest(&name, FUNCTIONS.iter().map(|(name, _)| *name));
            let hint = close.map(|close| format!("; did you mean `{close}`?")).unwrap_or_default();
            return Err(Refusal::new(format!("there is no window function `{name}`{hint}")));
        };
        let spec = match over {
            WindowType::WindowSpec(spec) => spec.clone(),
            WindowType::NamedWindow(wanted) => self.named(&wanted.value)?,
        };
        let arguments = Arguments::of(called, &name)?;
        if arguments.distinct || called.filter.is_some() || !arguments.order_by.is_empty() {
            return Err(Refusal::new(
                "a window function takes no `DISTINCT`, `FILTER` or `ORDER BY` among its arguments",
            ));
        }
        if spec.window_name.is_some() {
            return Err(Refusal::new("a window is not made from another one"));
        }
        let partition_by = spec.partition_by.iter().map(|expr| self.column(expr)).collect::<Result<Vec<_>, _>>()?;
        let mut order_by = Vec::new();
        for order in &spec.order_by {
            order_by.push(super::query::by(self.column(&order.expr)?, order));
        }
        let column = self.of(function, &name, &arguments, &spec, !order_by.is_empty())?;
        self.placed(partition_by, order_by, column)
    }

    fn of(
        &mut self,
        function: F,
        name: &str,
        arguments: &Arguments,
        spec: &WindowSpec,
        ordered: bool,
    ) -> Result<WindowColumn, Refusal> {
        let column = match (function, &arguments.first) {
            (F::Ntile, _) => None,
            (_, Some(expr)) => Some(self.column(expr)?),
            (_, None) => None,
        };
        let second = arguments.second.as_ref().map(|value| number(value, name)).transpose()?;
        let n = match (function, &arguments.first, second) {
            (F::Ntile, Some(Expr::Value(value)), None) => Some(number(&value.value, name)?),
            (F::Ntile, _, _) => return Err(Refusal::new("`ntile` takes a constant: how many buckets")),
            (F::Lag | F::Lead | F::NthValue, _, second) => second,
            (_, _, None) => None,
            _ => return Err(Refusal::new(format!("`{name}` takes one argument"))),
        };
        let default = match (&arguments.third, function) {
            (None, _) => None,
            (Some(expr), F::Lag | F::Lead) => Some(constant(expr)?),
            _ => return Err(Refusal::new(format!("`{name}` takes fewer arguments"))),
        };
        let place = matches!(
            function,
            F::RowNumber | F::Rank | F::DenseRank | F::PercentRank | F::CumeDist | F::Ntile | F::Lag | F::Lead
        );
        let frame = match (&spec.window_frame, place) {
            (None, false) if ordered => Some(Frame { unit: FrameUnit::Range, ..Frame::running() }),
            (None, _) => None,
            (Some(_), true) => return Err(Refusal::new(format!("`{name}` has no frame"))),
            (Some(frame), false) => {
                let unit = match frame.units {
                    WindowFrameUnits::Rows => FrameUnit::Rows,
                    WindowFrameUnits::Range => FrameUnit::Range,
                    WindowFrameUnits::Groups => {
                        return Err(Refusal::new("frames of `GROUPS` are not possible; `ROWS` and `RANGE` are"));
                    }
                };
                let to = frame.end_bound.clone().unwrap_or(WindowFrameBound::CurrentRow);
                Some(Frame { unit, from: bound(&frame.start_bound)?, to: bound(&to)? })
            }
        };
        Ok(WindowColumn { function, column, n, default, frame })
    }

    /// The column of a window function, in an operator with others of the same window.
    fn placed(
        &mut self,
        partition_by: Vec<String>,
        order_by: Vec<OrderBy>,
        column: WindowColumn,
    ) -> Result<Expr, Refusal> {
        let at =
            self.windows.iter().position(|window| window.partition_by == partition_by && window.order_by == order_by);
        let at = at.unwrap_or_else(|| {
            self.windows.push(Window { partition_by, order_by, columns: BTreeMap::new() });
            self.windows.len() - 1
        });
        let counted = WindowColumn { function: F::Count, n: None, default: None, ..column.clone() };
        let function = column.function;
        let made = self.named_column(at, column);
        let sql = match function {
            F::Count | F::RowNumber | F::Rank | F::DenseRank | F::Ntile => format!("CAST({made} AS BIGINT)"),
            F::Sum => format!("CASE WHEN {} > 0 THEN {made} END", self.named_column(at, counted)),
            _ => made,
        };
        marked(&sql)
    }

    fn named_column(&mut self, at: usize, column: WindowColumn) -> String {
        if let Some((name, _)) = self.windows[at].columns.iter().find(|(_, other)| **other == column) {
            return format!("\"{name}\"");
        }
        let function = format!("{:?}", column.function).to_lowercase();
        let name = free(&format!("{function} {}", column.column.as_deref().unwrap_or("over rows")), &self.taken);
        self.taken.insert(name.clone());
        self.windows[at].columns.insert(name.clone(), column);
        format!("\"{name}\"")
    }

    /// `WINDOW w AS (…)`.
    fn named(&self, wanted: &str) -> Result<WindowSpec, Refusal> {
        let found = self.select.named_window.iter().find(|window| window.0.value.eq_ignore_ascii_case(wanted));
        match found.map(|window| &window.1) {
            Some(NamedWindowExpr::WindowSpec(spec)) => Ok(spec.clone()),
            Some(NamedWindowExpr::NamedWindow(_)) => Err(Refusal::new("a window is not made from another one")),
            None => Err(Refusal::new(format!("there is no window `{wanted}`"))),
        }
    }
}

fn number(value: &Value, name: &str) -> Result<u64, Refusal> {
    match value {
        Value::Number(number, _) => {
            number.parse().map_err(|_| Refusal::new(format!("`{name}` takes an integer from 0")))
        }
        _ => Err(Refusal::new(format!("`{name}` takes an integer from 0"))),
    }
}

fn bound(bound: &WindowFrameBound) -> Result<Option<i64>, Refusal> {
    let count = |expr: &Expr| match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) => {
            number.parse::<i64>().map_err(|_| Refusal::new("a frame is counted in whole rows"))
        }
        _ => Err(Refusal::new("a frame is counted in whole rows")),
    };
    Ok(match bound {
        WindowFrameBound::CurrentRow => Some(0),
        WindowFrameBound::Preceding(None) | WindowFrameBound::Following(None) => None,
        WindowFrameBound::Preceding(Some(expr)) => Some(-count(expr)?),
        WindowFrameBound::Following(Some(expr)) => Some(count(expr)?),
    })
}

/// The value of `lag` and `lead` where there is no row.
fn constant(expr: &Expr) -> Result<Constant, Refusal> {
    let refuse = || Refusal::new("the third argument of `lag` and `lead` is a constant");
    let (value, negative) = match expr {
        Expr::Value(value) => (value, false),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match &**expr {
            Expr::Value(value) => (value, true),
            _ => return Err(refuse()),
        },
        _ => return Err(refuse()),
    };
    let sign = if negative { -1 } else { 1 };
    match &value.value {
        Value::Boolean(truth) if !negative => Ok(Constant::from(*truth)),
        Value::SingleQuotedString(text) if !negative => Ok(Constant::from(text.as_str())),
        Value::Number(number, _) => match number.parse::<i64>() {
            Ok(number) => Ok(Constant::from(sign * number)),
            Err(_) => number.parse::<f64>().map(|number| Constant::from(sign as f64 * number)).map_err(|_| refuse()),
        },
        _ => Err(refuse()),
    }
}
