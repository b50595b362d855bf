//! What drift means: each gate looks at its columns together, and corrects probabilities for their number.

use crate::{Drift, GateOf, GateParams, Monitor};
use mlspec_record::body::{ColumnRole, Direction, Drifted, GateVerdict, MetricDrift};

/// One thing that a gate looks at.
struct Tested<'a> {
    name: &'a str,
    measure: &'a str,
    value: f64,
    p_value: Option<f64>,
    direction: Option<Direction>,
}

impl Monitor {
    /// The verdicts of all gates; marks what drifted.
    pub(crate) fn judge(&self, drift: &mut [Drift], metrics: &mut [MetricDrift]) -> Vec<GateVerdict> {
        let gates = &self.params().gates;
        let verdicts: Vec<GateVerdict> = gates.iter().map(|gate| self.verdict(gate, drift, metrics)).collect();
        for (gate, verdict) in gates.iter().zip(&verdicts) {
            let hit = |name: &str, measure: &dyn Fn(&str) -> bool| {
                verdict.drifted.iter().any(|found| found.name == name && measure(&found.measure))
            };
            for (column, _) in drift.iter_mut().flat_map(|of| &mut of.columns) {
                let of = gate.of.is_none_or(|of| of == of_role(column.role));
                column.drifted |= of && hit(&column.column, &|measure| measure != METRIC && measure != MISSING);
            }
            for metric in metrics.iter_mut() {
                metric.drifted |= hit(&metric.metric, &|measure| measure == METRIC);
            }
        }
        verdicts
    }

    fn verdict(&self, gate: &GateParams, drift: &[Drift], metrics: &[MetricDrift]) -> GateVerdict {
        let tested = tested(gate, drift, metrics);
        let level = gate.significance.unwrap_or(self.params().significance);
        let probabilities: Vec<f64> = tested.iter().filter_map(|one| one.p_value).collect();
        let mut corrected = self.params().correction.adjust(&probabilities).into_iter();
        let mut drifted: Vec<Drifted> = Vec::new();
        for one in &tested {
            let p_value = one.p_value.and_then(|_| corrected.next()).filter(|_| level < 1.0);
            let likely = match p_value {
                Some(p_value) => p_value < level,
                None => gate.threshold.is_some(),
            };
            let matters = gate.threshold.is_none_or(|least| one.value >= least)
                && gate.direction.is_none_or(|way| one.direction == Some(way));
            if likely && matters {
                drifted.push(Drifted {
                    name: one.name.to_owned(),
                    measure: one.measure.to_owned(),
                    value: one.value,
                    p_value,
                    direction: one.direction,
                });
            }
        }
        let mut tests = tested.len() as u64;
        if gate.measure.is_none() && gate.of.is_none_or(|of| of == GateOf::Data) && gate.direction.is_none() {
            let missing = drift.first().into_iter().flat_map(|of| &of.missing);
            for name in missing.filter(|name| asked(gate, name)) {
                tests += 1;
                let (name, measure) = (name.clone(), MISSING.to_owned());
                drifted.push(Drifted { name, measure, value: 1.0, p_value: None, direction: None });
            }
        }
        GateVerdict { name: gate.title(), severity: gate.severity, passed: drifted.is_empty(), tests, drifted }
    }
}

/// What stands in place of a measure where a column is missing.
const MISSING: &str = "missing";
/// What stands in place of a measure of metrics.
const METRIC: &str = "metric";

fn of_role(role: ColumnRole) -> GateOf {
    match role {
        ColumnRole::Data => GateOf::Data,
        ColumnRole::Prediction => GateOf::Prediction,
        ColumnRole::Label => GateOf::Label,
    }
}

fn asked(gate: &GateParams, name: &str) -> bool {
    gate.columns.is_empty() || gate.columns.iter().any(|column| column == name)
}

/// What the gate looks at; what is undefined on a side is no drift, but the nulls that make it so are.
fn tested<'a>(gate: &GateParams, drift: &'a [Drift], metrics: &'a [MetricDrift]) -> Vec<Tested<'a>> {
    let mut all = Vec::new();
    let columns = drift.iter().flat_map(|of| of.columns.iter().zip(&of.defaults));
    for ((column, _), defaults) in columns {
        if !asked(gate, &column.column) || gate.of.is_some_and(|of| of != of_role(column.role)) {
            continue;
        }
        let looked_at = |name: &str| match gate.measure {
            Some(measure) => measure.name() == name,
            None => defaults.iter().any(|measure| measure.name() == name),
        };
        for found in column.measures.iter().filter(|found| looked_at(&found.measure)) {
            let Some(value) = found.value else { continue };
            let (name, measure) = (column.column.as_str(), found.measure.as_str());
            all.push(Tested { name, measure, value, p_value: found.p_value, direction: found.direction });
        }
    }
    if gate.measure.is_none() && gate.of.is_none_or(|of| of == GateOf::Metric) {
        for metric in metrics.iter().filter(|metric| asked(gate, &metric.metric)) {
            // Only what became worse is a degradation.
            let difference = metric.current - metric.reference;
            let direction = match difference {
                0.0 => None,
                up if up > 0.0 => Some(Direction::Up),
                _ => Some(Direction::Down),
            };
            let p_value = metric.p_value.map(|p_value| if metric.worse { p_value } else { 1.0 });
            let value = if metric.worse { difference.abs() } else { 0.0 };
            all.push(Tested { name: &metric.metric, measure: METRIC, value, p_value, direction });
        }
    }
    all
}
