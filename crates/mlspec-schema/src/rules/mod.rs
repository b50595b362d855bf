//! Rules that a JSON Schema cannot say. They are asked of documents that obey their schema.

mod pipeline;
mod record;

pub(crate) use pipeline::pipeline_file;
#[cfg(test)]
pub(crate) use pipeline::settings_problems;
pub(crate) use record::record;
