//! The answer to *trace*.

use super::graph::{Graph, Shape};
use super::text::{Grid, ids};
use crate::answer::trace::{Feature, Hop, SourceRows, Trace};
use crate::cell::short;
use serde_json::{Map, Value};

impl Trace {
    /// As text for people.
    pub fn to_text(&self) -> String {
        let mut text = format!("{} in run {} of {}\n", self.label(), self.run, self.pipeline);
        if let Some(feature) = &self.asked.feature {
            text.push_str(&describe(feature));
        }
        for source in &self.sources {
            text.push_str(&rows(source));
        }
        if self.sources.is_empty() {
            text.push_str("\nno source row stands behind it\n");
        }
        text.push_str("\nsteps\n");
        let mut grid = Grid::new(["step", "stage", "reads", "record"]);
        for hop in &self.steps {
            grid.row([hop.step.to_string(), hop.stage.to_string(), reads(hop), hop.record.to_string()]);
        }
        text.push_str(&grid.render("  "));
        text
    }

    /// As a Mermaid flowchart: sources, steps, what was asked about.
    pub fn to_mermaid(&self) -> String {
        let mut graph = Graph::default();
        for hop in &self.steps {
            let to = graph.node(format!("{} ({})", hop.step, hop.stage), Shape::Box);
            for (port, from) in &hop.inputs {
                let of = self.steps.iter().find(|other| other.step == from.step);
                let stage = of.map(|other| format!(" ({})", other.stage)).unwrap_or_default();
                let from_node = graph.node(format!("{}{stage}", from.step), Shape::Box);
                graph.edge(
                    from_node,
                    to,
                    if *port == from.port { port.to_string() } else { format!("{} → {port}", from.port) },
                );
            }
            for source in self.sources.iter().filter(|_| hop.inputs.is_empty()) {
                if self.ingests(hop, source) {
                    let from = graph
                        .node(format!("{}: {} {}", source.dataset, source.total, plural(source.total)), Shape::Source);
                    graph.edge(from, to, "");
                }
            }
        }
        if let Some(last) = self.steps.last() {
            let from = graph.node(format!("{} ({})", last.step, last.stage), Shape::Box);
            let asked = graph.node(self.label(), Shape::Asked);
            graph.edge(from, asked, "");
        }
        graph.mermaid()
    }

    fn ingests(&self, hop: &Hop, source: &SourceRows) -> bool {
        source.step.as_ref() == Some(&hop.step)
    }

    fn label(&self) -> String {
        let asked = &self.asked;
        let mut label = asked.step.to_string();
        if let Some(port) = &asked.port {
            label.push_str(&format!(".{port}"));
        }
        if let Some(feature) = &asked.feature {
            label.push_str(&format!("#{}", feature.name));
        }
        match asked.rows.as_slice() {
            [] => {}
            [row] => label.push_str(&format!(", row {row}")),
            rows => label.push_str(&format!(", {} rows: {}", rows.len(), ids(rows, 5))),
        }
        label
    }
}

fn describe(feature: &Feature) -> String {
    let mut text = format!(
        "feature {} `{}`: {} of {}\n",
        feature.index,
        feature.name,
        feature.encoder,
        feature.columns.join(", ")
    );
    for column in &feature.sources {
        text.push_str(&format!("  {}.{} ({})\n", column.scan, column.column, super::lineage::word(column.dependency)));
    }
    text
}

fn reads(hop: &Hop) -> String {
    let read = |(port, from): &(mlspec_record::Name, mlspec_record::PortRef)| match *port == from.port {
        true => from.to_string(),
        false => format!("{from} as {port}"),
    };
    hop.inputs.iter().map(read).collect::<Vec<_>>().join(", ")
}

fn rows(source: &SourceRows) -> String {
    let keys: Vec<&String> = source.rows.first().map(|row| row.key.keys().collect()).unwrap_or_default();
    let first_values: Vec<&String> = source
        .rows
        .first()
        .and_then(|row| row.values.as_ref())
        .map(|values| values.keys().collect())
        .unwrap_or_default();
    let values: Vec<&String> = first_values.into_iter().filter(|name| !keys.contains(name)).collect();
    let head =
        ["row", "file"].into_iter().map(str::to_owned).chain(keys.iter().chain(&values).map(|name| (*name).clone()));
    let mut grid = Grid::new(head);
    let cell = |values: &Map<String, Value>, name: &String| values.get(name).map(short).unwrap_or_default();
    for row in &source.rows {
        let place = row.file.as_ref().map(ToString::to_string).unwrap_or_default();
        let keyed = keys.iter().map(|name| cell(&row.key, name));
        let valued = values.iter().map(|name| row.values.as_ref().map(|values| cell(values, name)).unwrap_or_default());
        grid.row([row.row.to_string(), place].into_iter().chain(keyed).chain(valued));
    }
    let mut text = format!("\n{}: {} {}\n{}", source.dataset, source.total, plural(source.total), grid.render("  "));
    let more = source.total.saturating_sub(source.rows.len() as u64);
    if more > 0 {
        text.push_str(&format!("  … and {more} more\n"));
    }
    text
}

/// `row` or `rows`.
pub(crate) fn plural(count: u64) -> &'static str {
    if count == 1 { "row" } else { "rows" }
}
