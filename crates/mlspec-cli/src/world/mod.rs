//! What enters from outside: time, randomness, who runs it, which code, how many threads. Nothing below the binary asks the
//! system for any of them.

mod actor;
mod clock;
mod environment;
mod host;
mod random;
mod resources;
mod revision;
mod secret;
mod threads;

pub(crate) use actor::actor;
pub(crate) use clock::now;
pub(crate) use environment::{variable, variables};
pub(crate) use host::Machine;
pub(crate) use random::seed;
pub(crate) use secret::{default_key_file, key, key_file, secret};
pub(crate) use threads::limit;

use mlspec_runner::Surroundings;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

/// All of it for runs of a pipeline in this folder.
pub(crate) fn surroundings<'a>(host: &'a Machine, folder: &Path, limit: Option<NonZeroUsize>) -> Surroundings<'a> {
    let threads = threads::threads(limit).get();
    let engine = format!("polars {}", mlspec_table::ENGINE);
    let facts = [
        ("os", std::env::consts::OS.to_owned()),
        ("architecture", std::env::consts::ARCH.to_owned()),
        ("mlspec", env!("CARGO_PKG_VERSION").to_owned()),
        ("engine", engine.clone()),
        ("threads", threads.to_string()),
    ];
    Surroundings {
        variables: variables(),
        host,
        random: &random::random,
        resources: &resources::resources,
        actor: actor(),
        code: revision::revision(folder),
        environment: facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect::<BTreeMap<_, _>>(),
        engine,
        threads,
    }
}
