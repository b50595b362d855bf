//! The functions, each with its arguments, what it gives, and how it is computed.

mod bits;
mod choose;
mod hashes;
mod json;
mod lists;
mod math;
mod moments;
mod pattern;
mod text;

pub(crate) use moments::later;

use super::cast::constant_of;
use super::rows::{Kind, Outcome, Value, by_row};
use super::translate::{Constant, Typed, is_integer, is_moment, is_number, is_text, name_of};
use mlspec_table::polars::prelude::*;

/// A function that expressions may call: it computes a row's value from the row alone, and always the same.
#[derive(Debug)]
#[non_exhaustive]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Other names of it.
    pub also: &'static [&'static str],
    /// Its arguments, as `name: type`; in brackets what may be left out; `...` for any number. `constant`: stands in the text.
    pub arguments: &'static str,
    /// The type of what it gives; `x`: that of the argument.
    pub gives: &'static str,
    /// What it computes. Null arguments give null, unless said otherwise.
    pub about: &'static str,
    build: fn(&Call) -> Result<Expr, String>,
}

type Build = fn(&Call) -> Result<Expr, String>;

/// A line of a table of functions.
const fn function(
    name: &'static str,
    also: &'static [&'static str],
    arguments: &'static str,
    gives: &'static str,
    about: &'static str,
    build: Build,
) -> Function {
    Function { name, also, arguments, gives, about, build }
}

const TABLES: [&[Function]; 9] = [
    math::FUNCTIONS,
    text::FUNCTIONS,
    pattern::FUNCTIONS,
    moments::FUNCTIONS,
    choose::FUNCTIONS,
    lists::FUNCTIONS,
    json::FUNCTIONS,
    hashes::FUNCTIONS,
    bits::FUNCTIONS,
];

/// The functions that expressions may call.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    TABLES.into_iter().flatten()
}

/// Why there is no such function.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) String);

const CLOCK: &str = "its value would differ from run to run; make the moment a constant or a column";
const CHANCE: &str = "its value would differ from run to run; a `sample` by hash draws rows";
const OTHER_ROWS: &str = "it looks at other rows";

/// Functions that other systems have and expressions cannot: why, and what to do.
const REFUSED: &[(&[&str], &str)] = &[
    (
        &[
            "now",
            "current_date",
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
            "today",
            "getdate",
            "sysdate",
            "clock_timestamp",
            "transaction_timestamp",
            "get_current_timestamp",
            "unix_timestamp",
        ],
        CLOCK,
    ),
    (&["random", "rand", "setseed", "uuid", "gen_random_uuid", "newid", "nextval", "generate_series"], CHANCE),
    (
        &[
            "sum",
            "avg",
            "mean",
            "count",
            "count_if",
            "min",
            "max",
            "median",
            "mode",
            "stddev",
            "stddev_samp",
            "stddev_pop",
            "variance",
            "var_samp",
            "var_pop",
            "string_agg",
            "group_concat",
            "array_agg",
            "list",
            "any_value",
            "first",
            "last",
            "bool_and",
            "bool_or",
            "every",
            "quantile",
            "quantile_cont",
            "percentile_cont",
            "corr",
            "covar_samp",
            "arg_max",
            "arg_min",
            "approx_count_distinct",
        ],
        OTHER_ROWS,
    ),
    (
        &[
            "row_number",
            "rank",
            "dense_rank",
            "percent_rank",
            "cume_dist",
            "ntile",
            "lag",
            "lead",
            "first_value",
            "last_value",
            "nth_value",
        ],
        OTHER_ROWS,
    ),
    (&["unnest", "explode"], "it gives several rows"),
    (&["to_char", "date_format", "format_datetime"], "`strftime` writes dates, with formats such as '%Y-%m-%d'"),
    (&["age"], "a time with months in it is no type of tables; `date_diff` counts units between two moments"),
    (&["sha1", "sha512", "crc32"], "`sha256`, `md5` and `xxhash64` hash"),
    (&["convert", "convert_timezone"], "`CAST` changes types"),
    (&["format", "printf"], "`concat` and `||` join texts"),
    (&["add_months"], "`date_add(x, n, 'month')` does it"),
    (
        &["json_query", "json_value", "get_json_object", "json_path_match"],
        "`json_extract` and `json_extract_string` read JSON",
    ),
];

/// A function by one of its names.
pub(crate) fn find(name: &str) -> Result<&'static Function, Missing> {
    let found = functions().find(|function| function.name == name || function.also.contains(&name));
    if let Some(found) = found {
        return Ok(found);
    }
    let missing = |more: String| Err(Missing(format!("there is no row-wise function `{name}`{more}")));
    if let Some((_, reason)) = REFUSED.iter().find(|(names, _)| names.contains(&name)) {
        return missing(format!(": {reason}"));
    }
    let names = functions().flat_map(|function| std::iter::once(function.name).chain(function.also.iter().copied()));
    match crate::closest(name, names) {
        Some(close) => missing(format!("; did you mean `{close}`?")),
        None => missing(String::new()),
    }
}

/// A function that operators and grammar are made of.
pub(crate) fn known(name: &str) -> Result<&'static Function, String> {
    find(name).map_err(|Missing(reason)| reason)
}

/// What an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Any,
    Text,
    Number,
    Integer,
    Boolean,
    Moment,
    Time,
    List,
}

/// An argument as a function declares it.
#[derive(Clone, Copy, Debug)]
struct Argument {
    name: &'static str,
    takes: Takes,
    constant: bool,
    optional: bool,
    many: bool,
}

impl Function {
    fn declared(&self) -> impl Iterator<Item = Argument> {
        let parts = self.arguments.split(", ").filter(|part| !part.is_empty());
        parts.map(|part| {
            let bare = part.trim_start_matches('[').trim_end_matches(']');
            let (name, kind) = bare.split_once(": ").unwrap_or((bare, "any"));
            let many = kind.ends_with("...");
            let kind = kind.trim_end_matches("...");
            let constant = kind.starts_with("constant");
            let takes = match kind.trim_start_matches("constant").trim_start() {
                "text" => Takes::Text,
                "number" => Takes::Number,
                "integer" => Takes::Integer,
                "boolean" => Takes::Boolean,
                "moment" => Takes::Moment,
                "moment or time" => Takes::Time,
                "list" => Takes::List,
                _ => Takes::Any,
            };
            Argument { name, takes, constant, optional: part.starts_with('['), many }
        })
    }

    /// Whether it takes so many arguments.
    pub(crate) fn check_count(&self, name: &str, found: usize) -> Result<(), String> {
        let least = self.declared().filter(|argument| !argument.optional).count();
        let most = if self.declared().any(|argument| argument.many) { usize::MAX } else { self.declared().count() };
        if (least..=most).contains(&found) {
            return Ok(());
        }
        Err(format!(
            "`{name}` takes `({})`, found {found} argument{}",
            self.arguments,
            if found == 1 { "" } else { "s" }
        ))
    }
}

/// A function with its arguments, of types that it takes.
pub(crate) struct Call {
    function: &'static Function,
    arguments: Vec<Typed>,
}

impl Call {
    pub(crate) fn new(function: &'static Function, arguments: Vec<Typed>) -> Result<Self, String> {
        function.check_count(function.name, arguments.len())?;
        let declared: Vec<_> = function.declared().collect();
        let arguments = arguments.into_iter().enumerate().map(|(at, argument)| {
            let wanted = declared.get(at).or(declared.last()).copied();
            wanted.map_or_else(|| Ok(argument.clone()), |wanted| fit(function.name, wanted, argument.clone()))
        });
        Ok(Self { function, arguments: arguments.collect::<Result<_, _>>()? })
    }

    pub(crate) fn build(&self) -> Result<Expr, String> {
        (self.function.build)(self)
    }

    fn len(&self) -> usize {
        self.arguments.len()
    }

    /// An argument's expression.
    fn x(&self, at: usize) -> Expr {
        self.arguments.get(at).map_or_else(|| lit(NULL), |argument| argument.expr.clone())
    }

    fn all(&self) -> Vec<Expr> {
        self.arguments.iter().map(|argument| argument.expr.clone()).collect()
    }

    fn typed(&self, at: usize) -> Result<&Typed, String> {
        self.arguments.get(at).ok_or_else(|| format!("`{}` lacks an argument", self.function.name))
    }

    /// A constant text.
    fn text(&self, at: usize) -> Option<&str> {
        match self.arguments.get(at)?.constant.as_ref()? {
            Constant::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A constant integer.
    fn integer(&self, at: usize) -> Option<i64> {
        match self.arguments.get(at)?.constant.as_ref()? {
            Constant::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The arguments as rows see them, each of a kind.
    fn rows(
        &self,
        kinds: &[Kind],
        gives: Kind,
        function: impl Fn(&[Value<'_>]) -> Outcome + Send + Sync + 'static,
    ) -> Result<Expr, String> {
        let arguments: Vec<_> = self.all().into_iter().zip(kinds.iter().copied()).collect();
        Ok(by_row(&arguments, gives, function))
    }
}

/// An argument of a type that is taken; a constant text can be a moment.
fn fit(function: &str, wanted: Argument, argument: Typed) -> Result<Typed, String> {
    let (name, takes) = (wanted.name, wanted.takes);
    if wanted.constant && argument.constant.is_none() {
        return Err(format!("`{function}` takes a constant as its `{name}`"));
    }
    let found = &argument.data_type;
    let fits = match takes {
        _ if *found == DataType::Null => true,
        Takes::Any => true,
        Takes::Text => is_text(found),
        Takes::Number => is_number(found),
        Takes::Integer => is_integer(found),
        Takes::Boolean => found.is_bool(),
        Takes::Moment => is_moment(found),
        Takes::Time => is_moment(found) || *found == DataType::Time,
        Takes::List => found.is_list(),
    };
    if fits {
        return Ok(argument);
    }
    if let (Takes::Moment | Takes::Time, Some(Constant::Text(text))) = (takes, &argument.constant) {
        let date = constant_of(text, &DataType::Date);
        let whole = super::moment::read_date(text).is_some();
        let data_type = if whole { DataType::Date } else { DataType::Datetime(TimeUnit::Microseconds, None) };
        if let Some(expr) = date? {
            return Ok(Typed { expr, data_type, constant: None });
        }
    }
    let takes = match takes {
        Takes::Text => "text",
        Takes::Number => "a number",
        Takes::Integer => "an integer",
        Takes::Boolean => "true or false",
        Takes::Moment => "a date or moment",
        Takes::Time => "a date, moment or time",
        Takes::List => "a list",
        Takes::Any => "anything",
    };
    Err(format!("`{function}` takes {takes} as its `{name}`, found {}", name_of(found)))
}
