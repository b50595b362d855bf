//! The answer to *impact*.

use super::graph::{Graph, Shape};
use super::text::{Grid, ids};
use crate::answer::impact::{Impact, Touched};
use mlspec_record::ArtifactKind;

/// The most row ids shown of one output.
const SHOWN: usize = 8;

impl Impact {
    /// As text for people.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{} {} of {} in run {} of {}\n\n",
            self.rows.len(),
            super::trace::plural(self.rows.len() as u64),
            self.dataset,
            self.run,
            self.pipeline
        );
        let mut grid = Grid::new(["output", "kind", "touched", "of", "row ids"]);
        for output in &self.outputs {
            let of = output.of.map(|of| of.to_string()).unwrap_or_default();
            grid.row([
                output.output.to_string(),
                output.kind.to_string(),
                how_much(output),
                of,
                ids(&output.rows, SHOWN),
            ]);
        }
        text.push_str(&grid.render("  "));
        text
    }

    /// As a Mermaid flowchart: the source and every output touched.
    pub fn to_mermaid(&self) -> String {
        let mut graph = Graph::default();
        let source = graph.node(
            format!("{}: {} {}", self.dataset, self.rows.len(), super::trace::plural(self.rows.len() as u64)),
            Shape::Source,
        );
        for output in self.outputs.iter().filter(|output| output.touched) {
            let to = graph.node(format!("{}: {}", output.output, how_much(output)), Shape::Box);
            graph.edge(source, to, output.kind.to_string());
        }
        graph.mermaid()
    }
}

fn how_much(output: &Touched) -> String {
    match (output.touched, output.kind) {
        (false, _) => "no".to_owned(),
        (true, ArtifactKind::Table | ArtifactKind::Matrix) => output.rows.len().to_string(),
        (true, _) => "yes".to_owned(),
    }
}
