//! From the syntax of an expression and the types of the columns to an expression of polars.

use super::cast::{cast, constant, constant_of, type_of};
use super::compare::{between, compare, is_in, unify};
use super::functions::{self, Call};
use super::like::{is_like, like};
use super::moment::{Length, Unit};
use super::rows::{Kind, Made, by_row};
use super::{check, text::Refusal};
use mlspec_table::polars::prelude::*;
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, CeilFloorKind, Expr as Sql, Interval, Spanned as _, Subscript,
    TrimWhereField, TypedString, UnaryOperator, Value, ValueWithSpan,
};

/// A part of an expression, with its type.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) expr: Expr,
    pub(crate) data_type: DataType,
    /// Its value, where the text gives it.
    pub(crate) constant: Option<Constant>,
}

/// A value that stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Length(Length),
}

impl Constant {
    pub(crate) fn any_value(&self) -> Option<AnyValue<'_>> {
        match self {
            Self::Null | Self::Length(_) => None,
            Self::Boolean(truth) => Some(AnyValue::Boolean(*truth)),
            Self::Integer(number) => Some(AnyValue::Int64(*number)),
            Self::Float(number) => Some(AnyValue::Float64(*number)),
            Self::Text(text) => Some(AnyValue::String(text)),
        }
    }

    fn expr(&self) -> Expr {
        match self {
            Self::Null => lit(NULL),
            Self::Boolean(truth) => lit(*truth),
            Self::Integer(number) => lit(*number),
            Self::Float(number) => lit(*number),
            Self::Text(text) => lit(text.clone()),
            Self::Length(length) => {
                let micros = length.days.saturating_mul(super::moment::DAY).saturating_add(length.micros);
                lit(micros).cast(DataType::Int64).cast(DataType::Duration(TimeUnit::Microseconds))
            }
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Boolean(_) => DataType::Boolean,
            Self::Integer(_) => DataType::Int64,
            Self::Float(_) => DataType::Float64,
            Self::Text(_) => DataType::String,
            Self::Length(_) => DataType::Duration(TimeUnit::Microseconds),
        }
    }
}

impl From<Constant> for Typed {
    fn from(constant: Constant) -> Self {
        Self { expr: constant.expr(), data_type: constant.data_type(), constant: Some(constant) }
    }
}

pub(crate) fn is_number(data_type: &DataType) -> bool {
    data_type.is_primitive_numeric()
        || data_type.is_decimal()
        || matches!(data_type, DataType::Unknown(UnknownKind::Int(_) | UnknownKind::Float))
}

pub(crate) fn is_integer(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Unknown(UnknownKind::Int(_)))
}

pub(crate) fn is_text(data_type: &DataType) -> bool {
    data_type.is_string() || matches!(data_type, DataType::Unknown(UnknownKind::Str))
}

pub(crate) fn is_moment(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date | DataType::Datetime(..))
}

/// The name of a type, as documents write it.
pub(crate) fn name_of(data_type: &DataType) -> String {
    match mlspec_table::from_polars(data_type) {
        Some(known) => known.as_str().to_owned(),
        None => data_type.to_string(),
    }
}

/// The columns that an expression may read, and their types.
pub(crate) struct Scope<'a> {
    schema: &'a Schema,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self { schema }
    }

    /// Finds the type of an expression.
    pub(crate) fn typed(&self, expr: Expr) -> Result<Typed, String> {
        let field = expr.to_field(self.schema).map_err(|error| error.to_string())?;
        Ok(Typed { expr, data_type: field.dtype, constant: None })
    }

    /// The type of what two values make. Where they are no constants, columns stand for them: parts that were typed are not
    /// looked through again.
    fn typed_of_two(&self, values: [&Typed; 2], make: impl Fn(Expr, Expr) -> Expr) -> Result<Typed, String> {
        let names = ["left", "right"];
        let fields = values.iter().zip(names).map(|(value, name)| Field::new(name.into(), value.data_type.clone()));
        let schema: Schema = fields.collect();
        let [left, right] = [0, 1].map(|at| match values[at].constant {
            Some(_) => values[at].expr.clone(),
            None => Expr::Column(names[at].into()),
        });
        let data_type = Scope::new(&schema).typed(make(left, right))?.data_type;
        Ok(Typed { expr: make(values[0].expr.clone(), values[1].expr.clone()), data_type, constant: None })
    }

    /// Translates an expression; what cannot be is named with its place.
    pub(crate) fn visit(&self, sql: &Sql) -> Result<Typed, Refusal> {
        self.part(sql).map_err(|refusal| refusal.or_at(sql.span().start))
    }

    fn part(&self, sql: &Sql) -> Result<Typed, Refusal> {
        if let Some(truth) = self.condition(sql)? {
            return Ok(Typed { expr: truth, data_type: DataType::Boolean, constant: None });
        }
        let expr = match sql {
            Sql::Nested(inner) => return self.visit(inner),
            Sql::Identifier(name) => Expr::Column(name.value.as_str().into()),
            Sql::Value(ValueWithSpan { value, .. }) => return Ok(constant(value)?.into()),
            Sql::TypedString(typed) => typed_string(typed)?,
            Sql::Interval(interval) => return Ok(Constant::Length(length(interval)?).into()),
            Sql::BinaryOp { left, op, right } => return self.binary(left, op, right),
            Sql::UnaryOp { op, expr } => return self.unary(*op, expr),
            Sql::Cast { kind, expr, data_type, array: false, format: None } => {
                let or_null = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
                cast(&self.visit(expr)?, &type_of(data_type)?, or_null)?
            }
            Sql::Case { operand, conditions, else_result, .. } => {
                return self.case(operand.as_deref(), conditions, else_result.as_deref());
            }
            Sql::Function(function) => {
                let (found, arguments) = check::call(function)?;
                return self.apply(found, &arguments);
            }
            Sql::Extract { field, expr, .. } => {
                let part: Typed = Constant::Text(field.to_string()).into();
                let call = Call::new(functions::known("date_part")?, vec![part, self.visit(expr)?])?;
                call.build()?
            }
            Sql::Ceil { expr, field: CeilFloorKind::DateTimeField(sqlparser::ast::DateTimeField::NoDateTime) } => {
                self.call("ceil", &[expr])?
            }
            Sql::Floor { expr, field: CeilFloorKind::DateTimeField(sqlparser::ast::DateTimeField::NoDateTime) } => {
                self.call("floor", &[expr])?
            }
            Sql::Position { expr, r#in } => self.call("strpos", &[r#in, expr])?,
            Sql::Substring { expr, substring_from, substring_for, .. } => {
                let one = Sql::value(Value::Number("1".to_owned(), false));
                let from = substring_from.as_deref().unwrap_or(&one);
                match substring_for {
                    Some(length) => self.call("substr", &[expr, from, length])?,
                    None => self.call("substr", &[expr, from])?,
                }
            }
            Sql::Overlay { expr, overlay_what, overlay_from, overlay_for } => match overlay_for {
                Some(length) => self.call("overlay", &[expr, overlay_what, overlay_from, length])?,
                None => self.call("overlay", &[expr, overlay_what, overlay_from])?,
            },
            Sql::Trim { expr, trim_where, trim_what, trim_characters } => {
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "trim",
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                };
                let what = trim_what.as_deref().or(trim_characters.as_deref().and_then(<[Sql]>::first));
                match what {
                    Some(what) => self.call(name, &[expr, what])?,
                    None => self.call(name, &[expr])?,
                }
            }
            Sql::CompoundFieldAccess { root, access_chain } => match access_chain.as_slice() {
                [AccessExpr::Subscript(Subscript::Index { index })] => self.call("array_get", &[root, index])?,
                _ => return Err(Refusal::new("only one element of a list can be taken, such as `x[1]`")),
            },
            Sql::SimilarTo { .. } => return Err(Refusal::new("`SIMILAR TO` is not possible; `regexp_like` is")),
            Sql::AtTimeZone { .. } => {
                return Err(Refusal::new("time zones are not possible; moments are without zone or of UTC"));
            }
            Sql::Collate { .. } => {
                return Err(Refusal::new("collations are not possible; text is ordered by code points"));
            }
            other => {
                return Err(Refusal::new(format!(
                    "`{}` cannot be used here",
                    super::expression::shorten(&other.to_string())
                )));
            }
        };
        Ok(self.typed(expr)?)
    }

    /// A part that is true or false whatever the types of its own parts are.
    fn condition(&self, sql: &Sql) -> Result<Option<Expr>, Refusal> {
        use BinaryOperator as B;
        Ok(Some(match sql {
            Sql::IsNull(of) | Sql::IsUnknown(of) => self.visit(of)?.expr.is_null(),
            Sql::IsNotNull(of) | Sql::IsNotUnknown(of) => self.visit(of)?.expr.is_not_null(),
            Sql::IsTrue(of) => self.truth(of, "IS TRUE")?.eq_missing(lit(true)),
            Sql::IsNotTrue(of) => self.truth(of, "IS NOT TRUE")?.neq_missing(lit(true)),
            Sql::IsFalse(of) => self.truth(of, "IS FALSE")?.eq_missing(lit(false)),
            Sql::IsNotFalse(of) => self.truth(of, "IS NOT FALSE")?.neq_missing(lit(false)),
            Sql::IsDistinctFrom(left, right) => self.same(left, right)?.not(),
            Sql::IsNotDistinctFrom(left, right) => self.same(left, right)?,
            Sql::Between { expr, negated, low, high } => {
                between(self.visit(expr)?, self.visit(low)?, self.visit(high)?, *negated)?
            }
            Sql::InList { expr, list, negated } => {
                let list = list.iter().map(|one| self.visit(one)).collect::<Result<_, _>>()?;
                is_in(self.visit(expr)?, list, *negated)?
            }
            Sql::Like { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_ref(), *negated, false)?
            }
            Sql::ILike { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_ref(), *negated, true)?
            }
            Sql::RLike { negated, expr, pattern, .. } => {
                let found = self.call("regexp_like", &[expr, pattern])?;
                if *negated { found.not() } else { found }
            }
            Sql::BinaryOp { left, op, right } => match op {
                B::And => self.truth(left, "AND")?.and(self.truth(right, "AND")?),
                B::Or => self.truth(left, "OR")?.or(self.truth(right, "OR")?),
                B::Xor => self.truth(left, "XOR")?.neq(self.truth(right, "XOR")?),
                B::PGLikeMatch => self.like(left, right, None, false, false)?,
                B::PGNotLikeMatch => self.like(left, right, None, true, false)?,
                B::PGILikeMatch => self.like(left, right, None, false, true)?,
                B::PGNotILikeMatch => self.like(left, right, None, true, true)?,
                B::PGRegexMatch => self.call("regexp_like", &[left, right])?,
                B::PGRegexNotMatch => self.call("regexp_like", &[left, right])?.not(),
                B::PGRegexIMatch => self.call("regexp_ilike", &[left, right])?,
                B::PGRegexNotIMatch => self.call("regexp_ilike", &[left, right])?.not(),
                B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq | B::Spaceship => {
                    compare(op, self.visit(left)?, self.visit(right)?)?
                }
                _ => return Ok(None),
            },
            Sql::UnaryOp { op: UnaryOperator::Not, expr } => self.truth(expr, "NOT")?.not(),
            _ => return Ok(None),
        }))
    }

    /// A function by its name.
    fn call(&self, name: &str, arguments: &[&Sql]) -> Result<Expr, Refusal> {
        Ok(self.apply(functions::known(name)?, arguments)?.expr)
    }

    fn apply(&self, function: &'static functions::Function, arguments: &[&Sql]) -> Result<Typed, Refusal> {
        let arguments = arguments.iter().map(|one| self.visit(one)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.typed(Call::new(function, arguments)?.build()?)?)
    }

    /// A truth value.
    fn truth(&self, sql: &Sql, what: &str) -> Result<Expr, Refusal> {
        let value = self.visit(sql)?;
        match value.data_type {
            DataType::Boolean => Ok(value.expr),
            DataType::Null => Ok(value.expr.cast(DataType::Boolean)),
            other => {
                let reason = format!("`{what}` takes true or false, found {}", name_of(&other));
                Err(Refusal::at(reason, sql.span().start))
            }
        }
    }

    fn same(&self, left: &Sql, right: &Sql) -> Result<Expr, Refusal> {
        let mut both = [self.visit(left)?, self.visit(right)?];
        unify(&mut both)?;
        let [left, right] = both.map(|value| value.expr);
        Ok(left.eq_missing(right))
    }

    fn binary(&self, left: &Sql, op: &BinaryOperator, right: &Sql) -> Result<Typed, Refusal> {
        use BinaryOperator as B;
        let named = match op {
            B::PGExp => Some("pow"),
            B::Modulo => Some("mod"),
            B::DuckIntegerDivide | B::MyIntegerDivide => Some("div"),
            B::BitwiseAnd => Some("bit_and"),
            B::BitwiseOr => Some("bit_or"),
            B::PGBitwiseShiftLeft => Some("bit_shift_left"),
            B::PGBitwiseShiftRight => Some("bit_shift_right"),
            B::PGStartsWith => Some("starts_with"),
            B::Arrow => Some("json_extract"),
            B::LongArrow => Some("json_extract_string"),
            _ => None,
        };
        let (left, right) = (self.visit(left)?, self.visit(right)?);
        if let Some(name) = named {
            let call = |left: Typed, right| Call::new(functions::known(name)?, vec![left, right])?.build();
            // Its type does not depend on what its arguments are made of.
            let columns = ["left", "right"].map(|name| Expr::Column(name.into()));
            let fields = [&left, &right].into_iter().zip(["left", "right"]);
            let schema: Schema = fields.map(|(value, name)| Field::new(name.into(), value.data_type.clone())).collect();
            let stand = |value: &Typed, column: &Expr| match value.constant {
                Some(_) => value.clone(),
                None => Typed { expr: column.clone(), ..value.clone() },
            };
            let data_type =
                Scope::new(&schema).typed(call(stand(&left, &columns[0]), stand(&right, &columns[1]))?)?.data_type;
            return Ok(Typed { expr: call(left, right)?, data_type, constant: None });
        }
        match op {
            B::StringConcat => {
                let expr = left.expr.cast(DataType::String) + right.expr.cast(DataType::String);
                Ok(Typed { expr, data_type: DataType::String, constant: None })
            }
            B::Plus | B::Minus | B::Multiply | B::Divide => Ok(self.arithmetic(op, left, right)?),
            other => Err(Refusal::new(format!("the operator `{other}` is not possible"))),
        }
    }

    fn arithmetic(&self, op: &BinaryOperator, left: Typed, right: Typed) -> Result<Typed, String> {
        use BinaryOperator as B;
        let takes =
            |data_type: &DataType| is_number(data_type) || matches!(data_type, DataType::Null | DataType::Duration(_));
        if is_moment(&left.data_type) || is_moment(&right.data_type) {
            return self.typed(self.of_moments(op, left, right)?);
        }
        for value in [&left, &right] {
            if !takes(&value.data_type) {
                let hint = if is_text(&value.data_type) && *op == B::Plus { "; `||` joins texts" } else { "" };
                return Err(format!("`{op}` takes numbers, found {}{hint}", name_of(&value.data_type)));
            }
        }
        for value in [&left, &right] {
            if matches!(&value.constant, Some(Constant::Length(length)) if length.months != 0) {
                return Err("months have no fixed length; add them to a date or moment".to_owned());
            }
        }
        self.typed_of_two([&left, &right], |left, right| match op {
            B::Plus => left + right,
            B::Minus => left - right,
            B::Multiply => left * right,
            _ => left.true_div(right),
        })
    }

    /// A moment and a length of time; a date and days; two of them.
    fn of_moments(&self, op: &BinaryOperator, left: Typed, right: Typed) -> Result<Expr, String> {
        use BinaryOperator as B;
        let by = |value: &Typed| {
            is_integer(&value.data_type) || matches!(value.data_type, DataType::Duration(_) | DataType::Null)
        };
        match op {
            B::Plus if by(&right) => functions::later(&left, &right, None, false),
            B::Plus if by(&left) => functions::later(&right, &left, None, false),
            B::Minus if by(&right) => functions::later(&left, &right, None, true),
            B::Minus => {
                let mut both = [left, right];
                unify(&mut both)?;
                let dates = both.iter().all(|one| one.data_type == DataType::Date);
                let [left, right] = both.map(|one| one.expr);
                let days = |expr: Expr| expr.to_physical().cast(DataType::Int64);
                Ok(if dates { days(left) - days(right) } else { left - right })
            }
            _ => Err(format!("`{op}` takes no {} and {}", name_of(&left.data_type), name_of(&right.data_type))),
        }
    }

    fn unary(&self, op: UnaryOperator, sql: &Sql) -> Result<Typed, Refusal> {
        let value = self.visit(sql)?;
        let constant = match (op, &value.constant) {
            (UnaryOperator::Plus, _) if is_number(&value.data_type) || value.data_type == DataType::Null => {
                return Ok(value);
            }
            (UnaryOperator::Minus, Some(Constant::Integer(number))) => number.checked_neg().map(Constant::Integer),
            (UnaryOperator::Minus, Some(Constant::Float(number))) => Some(Constant::Float(-number)),
            (UnaryOperator::Minus, Some(Constant::Null)) => Some(Constant::Null),
            (UnaryOperator::Minus, Some(Constant::Length(length))) => length.negated().map(Constant::Length),
            _ => None,
        };
        if let Some(constant) = constant {
            return Ok(constant.into());
        }
        match (op, &value.data_type) {
            (UnaryOperator::Minus, data_type) if data_type.is_unsigned_integer() => {
                Ok(self.typed(-value.expr.cast(DataType::Int64))?)
            }
            (UnaryOperator::Minus, data_type) if is_number(data_type) || data_type.is_duration() => {
                Ok(self.typed(-value.expr)?)
            }
            (UnaryOperator::BitwiseNot, data_type) if is_integer(data_type) => {
                Ok(self.typed(Call::new(functions::known("bit_not")?, vec![value])?.build()?)?)
            }
            (_, found) => Err(Refusal::new(format!("`{op}` takes a number, found {}", name_of(found)))),
        }
    }

    fn like(
        &self,
        text: &Sql,
        pattern: &Sql,
        escape: Option<&ValueWithSpan>,
        negated: bool,
        any_case: bool,
    ) -> Result<Expr, Refusal> {
        let escape = match escape.map(|escape| constant(&escape.value)).transpose()? {
            None => None,
            Some(Constant::Text(text)) if text.chars().count() <= 1 => text.chars().next(),
            Some(_) => return Err(Refusal::new("`ESCAPE` takes one character")),
        };
        let (text, pattern) = (self.visit(text)?, self.visit(pattern)?);
        for value in [&text, &pattern] {
            if !is_text(&value.data_type) && value.data_type != DataType::Null {
                return Err(Refusal::new(format!("`LIKE` takes texts, found {}", name_of(&value.data_type))));
            }
        }
        let found = match &pattern.constant {
            Some(Constant::Text(constant)) => like(text.expr.cast(DataType::String), constant, escape, any_case)?,
            _ => {
                let arguments = [(text.expr, Kind::Text), (pattern.expr, Kind::Text)];
                by_row(&arguments, Kind::Boolean, move |row| {
                    is_like(row[0].text(), row[1].text(), escape, any_case).map(|found| Some(Made::Boolean(found)))
                })
            }
        };
        Ok(if negated { found.not() } else { found })
    }

    fn case(
        &self,
        operand: Option<&Sql>,
        conditions: &[sqlparser::ast::CaseWhen],
        otherwise: Option<&Sql>,
    ) -> Result<Typed, Refusal> {
        let mut results = conditions.iter().map(|when| self.visit(&when.result)).collect::<Result<Vec<_>, _>>()?;
        results.push(otherwise.map_or_else(|| Ok(Constant::Null.into()), |sql| self.visit(sql))?);
        unify(&mut results)?;
        let operand = operand.map(|sql| self.visit(sql)).transpose()?;
        let mut made = results.pop().map(|typed| typed.expr).unwrap_or_else(|| lit(NULL));
        for (condition, result) in conditions.iter().zip(results).rev() {
            let holds = match &operand {
                None => self.truth(&condition.condition, "WHEN")?,
                Some(operand) => compare(&BinaryOperator::Eq, operand.clone(), self.visit(&condition.condition)?)?,
            };
            made = when(holds).then(result.expr).otherwise(made);
        }
        Ok(self.typed(made)?)
    }
}

/// `DATE '2022-01-31'`.
fn typed_string(typed: &TypedString) -> Result<Expr, String> {
    let Constant::Text(text) = constant(&typed.value.value)? else {
        return Err("a typed constant is written in quotes".to_owned());
    };
    let data_type = type_of(&typed.data_type)?;
    match constant_of(&text, &data_type)? {
        Some(expr) => Ok(expr.cast(data_type)),
        None => Err(format!("`{}` is written without a type, or with a cast", typed.value)),
    }
}

/// `INTERVAL '3 days'`, `INTERVAL 3 DAY`.
fn length(interval: &Interval) -> Result<Length, String> {
    let no = || format!("`{interval}` is no length of time, such as INTERVAL '3 days'");
    if interval.last_field.is_some()
        || interval.leading_precision.is_some()
        || interval.fractional_seconds_precision.is_some()
    {
        return Err(no());
    }
    let unit = match &interval.leading_field {
        None => None,
        Some(field) => Some(Unit::named(&field.to_string()).ok_or_else(no)?),
    };
    let mut value = &*interval.value;
    let mut negative = false;
    while let Sql::UnaryOp { op: UnaryOperator::Minus, expr } = value {
        negative = !negative;
        value = expr;
    }
    let Sql::Value(ValueWithSpan { value, .. }) = value else { return Err(no()) };
    let text = match constant(value)? {
        Constant::Text(text) => text,
        Constant::Integer(number) => number.to_string(),
        _ => return Err(no()),
    };
    let length = Length::read(&text, unit).ok_or_else(no)?;
    if negative { length.negated().ok_or_else(no) } else { Ok(length) }
}
