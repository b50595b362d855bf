//! Graphs in the languages of Mermaid and Graphviz.

/// A directed graph: labelled nodes, labelled edges.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<(String, Shape)>,
    edges: Vec<(usize, usize, String)>,
}

/// How a node looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Data that enters.
    Source,
    /// A step or column.
    Box,
    /// What was asked about.
    Asked,
}

impl Graph {
    /// The node of this label, added if it is new.
    pub(crate) fn node(&mut self, label: impl Into<String>, shape: Shape) -> usize {
        let label = label.into();
        match self.nodes.iter().position(|(known, _)| *known == label) {
            Some(at) => at,
            None => {
                self.nodes.push((label, shape));
                self.nodes.len() - 1
            }
        }
    }

    /// Adds an edge.
    pub(crate) fn edge(&mut self, from: usize, to: usize, label: impl Into<String>) {
        self.edges.push((from, to, label.into()));
    }

    /// As Mermaid's flowchart.
    pub(crate) fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        for (at, (label, shape)) in self.nodes.iter().enumerate() {
            let (open, close) = match shape {
                Shape::Source => ("[(", ")]"),
                Shape::Box => ("[", "]"),
                Shape::Asked => ("([", "])"),
            };
            text.push_str(&format!("    n{at}{open}\"{}\"{close}\n", escape_mermaid(label)));
        }
        for (from, to, label) in &self.edges {
            match label.is_empty() {
                true => text.push_str(&format!("    n{from} --> n{to}\n")),
                false => text.push_str(&format!("    n{from} -->|\"{}\"| n{to}\n", escape_mermaid(label))),
            }
        }
        text
    }

    /// As Graphviz's digraph.
    pub(crate) fn dot(&self) -> String {
        let mut text = String::from("digraph lineage {\n    rankdir=LR;\n    node [shape=box];\n");
        for (at, (label, shape)) in self.nodes.iter().enumerate() {
            let shape = match shape {
                Shape::Source => " shape=cylinder",
                Shape::Box => "",
                Shape::Asked => " style=rounded",
            };
            text.push_str(&format!("    n{at} [label=\"{}\"{shape}];\n", escape_dot(label)));
        }
        for (from, to, label) in &self.edges {
            text.push_str(&format!("    n{from} -> n{to} [label=\"{}\"];\n", escape_dot(label)));
        }
        text.push_str("}\n");
        text
    }
}

fn escape_mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '\n' | '\r' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn escape_dot(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_out() {
        let mut graph = Graph::default();
        let a = graph.node("a\"]", Shape::Source);
        let b = graph.node("b", Shape::Box);
        assert_eq!(graph.node("b", Shape::Asked), b);
        graph.edge(a, b, "c");
        assert_eq!(graph.mermaid(), "flowchart LR\n    n0[(\"a#quot;]\")]\n    n1[\"b\"]\n    n0 -->|\"c\"| n1\n");
        assert!(graph.dot().contains("n0 [label=\"a\\\"]\" shape=cylinder];") && graph.dot().contains("n0 -> n1"));
    }
}
