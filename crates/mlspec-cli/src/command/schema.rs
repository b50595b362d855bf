//! `mlspec schema`: the published schemas.

use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::registry::stages;
use crate::terminal::Out;
use mlspec_record::{ExitCode, SchemaId, Version};
use mlspec_schema::{publish, published_ids, published_schema, published_text};
use std::collections::BTreeMap;

/// Print a published JSON Schema, or list them all
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The schema: its name (`ingestion`, `pipeline-file`, `settings.split`) or its id
    name: Option<String>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let schemas = schemas()?;
    let mut out = Out::new();
    match &args.name {
        Some(name) => {
            let found = schemas.iter().rev().find(|(id, _)| id.name() == name || id.to_string() == *name);
            let known = || format!("there are {}", schemas.keys().map(SchemaId::name).collect::<Vec<_>>().join(", "));
            let (_, text) = found.ok_or_else(|| Misuse::new(format!("there is no schema `{name}`")).hint(known()))?;
            out.text(format_args!("{text}"))?;
        }
        None if common.json => out.pretty(&schemas.keys().map(ToString::to_string).collect::<Vec<_>>().into())?,
        None => schemas.keys().try_for_each(|id| out.line(format_args!("{:<26} {id}", id.name())))?,
    }
    out.flush()?;
    Ok(ExitCode::Done)
}

/// The committed schemas and, from the stages themselves, those of settings.
fn schemas() -> Result<BTreeMap<SchemaId, String>, Fault> {
    let mut schemas = BTreeMap::new();
    for entry in stages().entries() {
        let name = format!("settings.{}", entry.id.name());
        let id = SchemaId::of(&name, Version::of(1, 0, 0)).map_err(|error| Misuse::new(error.to_string()))?;
        let text = published_text(&publish(&id, (entry.settings)()));
        schemas.insert(id, text);
    }
    schemas.extend(published_ids().filter_map(|id| Some((id.clone(), published_schema(id)?.to_owned()))));
    Ok(schemas)
}
