//! The page: head, style, sections in the order of the lifecycle.

use crate::report::Report;
use crate::section;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style: no fonts and no files from elsewhere; colours turn with the reader's preference.
const STYLE: &str = include_str!("style.css");

/// The whole document.
pub(crate) fn page(report: &Report) -> Markup {
    let run = &report.run;
    let title = format!("{} {} – run {}", run.body.file.pipeline, run.body.version, run.id);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (section::summary::header(report))
                main {
                    (section::summary::steps(report))
                    (section::data::sources(report))
                    (section::data::rows(report))
                    (section::analysis::columns(report))
                    (section::validation::verdicts(report))
                    (section::splitting::parts(report))
                    (section::encoding::encoders(report))
                    (section::training::models(report))
                    (section::evaluation::results(report))
                    (section::monitoring::drift(report))
                    (section::records::list(report))
                }
            }
        }
    }
}
