//! The answer to *usage*.

use super::text::Grid;
use crate::answer::usage::{Role, Usage};

impl Usage {
    /// As text for people; with `ids`, all row ids as well, ten a line.
    pub fn to_text(&self, ids: bool) -> String {
        let mut text = format!("model of step {} in run {} of {}\n\n", self.step, self.run, self.pipeline);
        let mut grid = Grid::new(["dataset", "used for", "rows used", "of"]);
        for source in &self.sources {
            let of = source.of.map(|of| of.to_string()).unwrap_or_default();
            grid.row([source.dataset.to_string(), word(source.role).to_owned(), source.used.to_string(), of]);
        }
        text.push_str(&grid.render("  "));
        for source in self.sources.iter().filter(|_| ids) {
            text.push_str(&format!("\n{} for {}\n", source.dataset, word(source.role)));
            for line in source.rows.chunks(10) {
                text.push_str(&format!("  {}\n", line.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")));
            }
        }
        text
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Model => "fitting the model",
        Role::Encoders => "fitting the encoders",
    }
}
