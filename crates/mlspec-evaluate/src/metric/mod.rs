//! What can be measured: metrics by scikit-learn's names, with its parameters.
//!
//! [`table`] has a line for each; what a line computes stands in `mlspec-measure`.

mod options;
mod schema;
mod table;
mod task;

pub use options::{Apart, Averaging, MetricOptions, MultiClass, Strategy};
pub use task::{NoValue, Task};

use crate::ranked::Ranked;
use crate::{EvaluateError, Scored};
use mlspec_record::body::Metric;
use options::Parameter;
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A metric by the name of scikit-learn's function or scorer, with its parameters where they are not the defaults.
///
/// In documents it is a name, or an object of a name and parameters: `accuracy_score`, `{"fbeta_score": {"beta": 2}}`. Records name
/// it as it prints.
///
/// ```
/// use mlspec_evaluate::MetricSpec;
/// let metric: MetricSpec = serde_json::from_str(r#"{"fbeta_score": {"beta": 2, "average": "macro"}}"#)?;
/// assert_eq!(metric.to_string(), "fbeta_score(beta=2, average=macro)");
/// let plain: MetricSpec = serde_json::from_str(r#"{"mean_pinball_loss": {"alpha": 0.5}}"#)?;
/// assert_eq!(plain, "mean_pinball_loss".parse()?); // it is the default
/// let wrong = serde_json::from_str::<MetricSpec>(r#"{"f1_score": {"beta": 2}}"#).unwrap_err().to_string();
/// assert!(wrong.starts_with("the metric `f1_score` has no parameter `beta`; it takes `average`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct MetricSpec {
    definition: &'static Definition,
    options: MetricOptions,
}

/// Whether more of a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// It is a score.
    More,
    /// It is a loss.
    Less,
}

/// What is known of a metric: a line of the table.
struct Definition {
    name: &'static str,
    better: Better,
    takes: &'static [&'static Parameter],
    suits: fn(&MetricOptions) -> &'static [Task],
    measure: fn(&Ranked<'_>, &MetricOptions) -> Result<f64, NoValue>,
    /// Whether it ranks rows query by query.
    by_query: bool,
}

impl MetricSpec {
    /// A metric with these parameters.
    ///
    /// # Errors
    /// When there is no such metric, it does not take one of the parameters, lacks one that it needs, or one is outside its range.
    pub fn new(name: &str, options: MetricOptions) -> Result<Self, EvaluateError> {
        let definition = table::METRICS.iter().find(|definition| definition.name == name);
        let definition = definition.ok_or_else(|| EvaluateError::UnknownMetric(name.to_owned()))?;
        options.check(definition.name, definition.takes)?;
        Ok(Self { definition, options })
    }

    /// The metrics that suit a task, where none are asked for.
    pub fn defaults(task: Task) -> Vec<Self> {
        let known = table::defaults(task).iter().filter_map(|name| name.parse().ok());
        known.collect()
    }

    /// Its name, without parameters.
    pub fn name(&self) -> &'static str {
        self.definition.name
    }

    /// Whether more of it is better.
    pub fn better(&self) -> Better {
        self.definition.better
    }

    /// The labels that it can be asked of.
    pub fn tasks(&self) -> &'static [Task] {
        (self.definition.suits)(&self.options)
    }

    /// Whether the metric can be asked for where this is the task.
    pub fn suits(&self, task: Task) -> bool {
        self.tasks().contains(&task)
    }

    /// Whether it ranks rows query by query, so that it must be known which rows belong together.
    pub fn by_query(&self) -> bool {
        self.definition.by_query
    }

    /// Its value over these rows.
    ///
    /// # Errors
    /// When it has none.
    pub fn measure(&self, scored: &Scored) -> Result<f64, NoValue> {
        self.measure_ranked(&Ranked::new(scored))
    }

    pub(crate) fn measure_ranked(&self, scored: &Ranked<'_>) -> Result<f64, NoValue> {
        if !self.suits(scored.task()) {
            return Err(NoValue::OtherTask);
        }
        let value = (self.definition.measure)(scored, &self.options)?;
        if value.abs() <= (1_u64 << 53) as f64 { Ok(value + 0.0) } else { Err(NoValue::TooLarge) }
    }

    /// For records: the value, or why there is none.
    pub fn report(&self, scored: &Scored) -> Metric {
        self.report_ranked(&Ranked::new(scored))
    }

    /// For several metrics of the same answers, which are ranked once.
    pub(crate) fn report_ranked(&self, scored: &Ranked<'_>) -> Metric {
        let (value, reason) = match self.measure_ranked(scored) {
            Ok(value) => (Some(value), None),
            Err(reason) => (None, Some(reason.to_string())),
        };
        Metric { name: self.to_string(), value, reason, interval: None }
    }
}

impl fmt::Display for MetricSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.definition.name)?;
        let shown = self.options.shown(self.definition.takes);
        if shown.is_empty() { Ok(()) } else { write!(f, "({})", shown.join(", ")) }
    }
}

impl fmt::Debug for MetricSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Parameters that say what is the default anyway make no difference.
impl PartialEq for MetricSpec {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl FromStr for MetricSpec {
    type Err = EvaluateError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name, MetricOptions::default())
    }
}

impl Serialize for MetricSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.options == MetricOptions::default() {
            return serializer.serialize_str(self.definition.name);
        }
        let mut object = serializer.serialize_map(Some(1))?;
        object.serialize_entry(self.definition.name, &self.options)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for MetricSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = MetricSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a metric: its name, or an object of its name and parameters")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<MetricSpec, E> {
        name.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<MetricSpec, A::Error> {
        let Some((name, options)) = object.next_entry::<String, MetricOptions>()? else {
            return Err(de::Error::custom("a metric is missing: the object is empty"));
        };
        if let Some(second) = object.next_key::<String>()? {
            let message =
                format!("one object names two metrics, `{name}` and `{second}`: begin a new item of the list");
            return Err(de::Error::custom(message));
        }
        MetricSpec::new(&name, options).map_err(de::Error::custom)
    }
}
