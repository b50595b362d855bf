//! Changes of sources, carried through a live pipeline: what the commands `forget`, `correct`, `append`, `update` and `whatif`
//! share.

mod edits;
mod tell;

pub(crate) use tell::name;

pub(crate) use edits::{Choice, Edits, Meaning, Options, SOME_ROWS};

use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home;
use crate::registry::stages;
use crate::terminal::{Machine, Person};
use crate::world;
use mlspec_maintain::MaintainError;
use mlspec_maintain::change::{Changed, Edit, Maintainer, Prove, Request, Select, read_changes};
use mlspec_record::Name;
use mlspec_record::object::ChangeKind;
use mlspec_runner::{Observer, Surroundings};
use mlspec_store::Store;
use std::path::Path;

/// What every change takes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Subject {
    /// The pipeline: its file, its name, or the id of its live run
    #[arg(value_name = "PIPELINE|RUN")]
    pub(crate) of: String,
}

/// Whether it is only to be seen what would happen.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Dry {
    /// Only tell what would change, stage by stage, in numbers
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also tell the ids of rows that would be left without partner
    #[arg(long)]
    pub(crate) ids: bool,
}

/// The store that a subject lies in, and what is meant there.
pub(crate) fn place(subject: &Subject, common: &Common) -> Result<(Store, Select), Fault> {
    let path = Path::new(&subject.of);
    match path.is_file() {
        true => Ok((home::store_of(path, common)?, Select::File(path.to_owned()))),
        false => Ok((home::store(common)?, Select::Named(subject.of.clone()))),
    }
}

/// The changes that options and a file name, at least one.
pub(crate) fn all<O: Options>(edits: &Edits<O>) -> Result<Vec<(String, Edit)>, Fault> {
    let mut all = edits.edits.clone();
    if let Some(file) = &edits.file {
        all.extend(read_changes(file).map_err(fault)?);
    }
    match all.is_empty() {
        true => Err(Misuse::new("no rows are named").hint("name a source and its rows with `--source`").into()),
        false => Ok(all),
    }
}

/// Makes the changes that files hold, of the kind that the command is for; an update takes all kinds.
pub(crate) fn from_files<O: Options>(
    change: ChangeKind,
    (subject, edits, dry): (&Subject, &Edits<O>, &Dry),
    common: &Common,
) -> Ended {
    let edits = all(edits)?;
    match change {
        ChangeKind::Append => only("append", &edits, |edit| matches!(edit, Edit::Append(_)))?,
        ChangeKind::Correct => only("correct", &edits, |edit| matches!(edit, Edit::Correct(_)))?,
        _ => {}
    }
    let (store, of) = place(subject, common)?;
    let request = Request { of, change, edits, dry: dry.dry_run };
    Ok(make(&store, &request, dry.ids, None, common)?.exit_code)
}

/// Makes the change and tells what came of it.
pub(crate) fn make(
    store: &Store,
    request: &Request,
    ids: bool,
    prove: Option<&Prove<'_>>,
    common: &Common,
) -> Result<Changed, Fault> {
    let host = world::Machine::new();
    let around = world::surroundings(&host, Path::new("."), common.threads);
    let (person, machine) = (Person::new(), Machine);
    let observer: &dyn Observer = if common.json { &machine } else { &person };
    let registry = stages();
    let secret = world::secret(common)?;
    let maintainer = Maintainer { store, registry: &registry, around: &around, observer, secret, prove, busy: &busy };
    let changed = maintainer.change(request).map_err(fault)?;
    tell::tell(store, &changed, request, ids, common)?;
    Ok(changed)
}

/// Finishes or takes back what an interrupted change of the pipeline left.
pub(crate) fn settle(store: &Store, pipeline: &Name, around: &Surroundings<'_>) -> Result<(), Fault> {
    let registry = stages();
    let observer = &mlspec_runner::Silent;
    let maintainer =
        Maintainer { store, registry: &registry, around, observer, secret: None, prove: None, busy: &busy };
    if let Some(settled) = maintainer.settle(pipeline).map_err(fault)? {
        say(&tell::unfinished(&settled));
    }
    Ok(())
}

fn busy() {
    say("waiting for another process that is at work with the pipeline");
}

fn say(line: &str) {
    // There is nobody left to tell if this fails.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
}

/// Refuses changes that the command is not for.
pub(crate) fn only(command: &str, edits: &[(String, Edit)], fits: impl Fn(&Edit) -> bool) -> Result<(), Fault> {
    match edits.iter().find(|(_, edit)| !fits(edit)) {
        None => Ok(()),
        Some((source, _)) => {
            let hint = "`mlspec update` takes changes of all kinds";
            Err(Misuse::new(format!("the change of `{source}` is nothing that `mlspec {command}` does"))
                .hint(hint)
                .into())
        }
    }
}

/// The error, problem by problem.
fn fault(error: MaintainError) -> Fault {
    match error {
        MaintainError::Runner(error) => Fault::runner(error),
        other => other.into(),
    }
}
