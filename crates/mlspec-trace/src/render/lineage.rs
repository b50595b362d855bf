//! The answer to *lineage*.

use super::graph::{Graph, Shape};
use super::text::Grid;
use crate::answer::lineage::Lineage;
use mlspec_record::Dependency;

impl Lineage {
    /// As text for people.
    pub fn to_text(&self) -> String {
        let mut text = format!("columns of {} in run {} of {}\n\n", self.output, self.run, self.pipeline);
        let mut grid = Grid::new(["column", "source column", "dependency"]);
        for column in &self.columns {
            let mut name = column.column.as_str();
            for source in &column.sources {
                grid.row([
                    name.to_owned(),
                    format!("{}.{}", source.scan, source.column),
                    word(source.dependency).to_owned(),
                ]);
                name = "";
            }
            if column.sources.is_empty() {
                grid.row([name, "–", ""]);
            }
        }
        text.push_str(&grid.render("  "));
        if !self.indirect.is_empty() {
            text.push_str("\nwhich rows there are depends on\n");
            let mut grid = Grid::new(["source column", "dependency"]);
            for source in &self.indirect {
                grid.row([format!("{}.{}", source.scan, source.column), word(source.dependency).to_owned()]);
            }
            text.push_str(&grid.render("  "));
        }
        text
    }

    /// As a Mermaid flowchart.
    pub fn to_mermaid(&self) -> String {
        self.graph().mermaid()
    }

    /// As a Graphviz digraph.
    pub fn to_dot(&self) -> String {
        self.graph().dot()
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for column in &self.columns {
            let to = graph.node(format!("{}.{}", self.output, column.column), Shape::Asked);
            for source in &column.sources {
                let from = graph.node(format!("{}.{}", source.scan, source.column), Shape::Source);
                graph.edge(from, to, word(source.dependency));
            }
        }
        graph
    }
}

/// A kind of dependency as a word.
pub(crate) fn word(dependency: Dependency) -> &'static str {
    match dependency {
        Dependency::Identity => "identity",
        Dependency::Transformation => "transformation",
        Dependency::Aggregation => "aggregation",
        Dependency::Filter => "filter",
        Dependency::Join => "join",
        Dependency::Group => "group",
        Dependency::Sort => "sort",
        Dependency::Window => "window",
        _ => "other",
    }
}
