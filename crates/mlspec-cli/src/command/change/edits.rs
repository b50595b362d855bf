//! Which rows of which sources: options that belong to the `--source` before them, in the order in which they stand.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches};
use mlspec_maintain::change::Edit;
use mlspec_trace::Pick;
use std::marker::PhantomData;
use std::path::PathBuf;

/// The options that a command takes after `--source`.
pub(crate) trait Options: std::fmt::Debug + Clone + Send + Sync + 'static {
    /// All of them.
    const ALL: &'static [Choice];
    /// Whether the command takes a file of changes.
    const FILE: bool;
}

/// An option that says which rows of a source, or gives a file of rows.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
    pub(crate) help: &'static str,
    pub(crate) meaning: Meaning,
}

/// What its value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Keys,
    Condition,
    Rows,
    Changes,
    Added,
    Whole,
}

/// By key, condition or id.
pub(crate) const SOME_ROWS: [Choice; 3] = [
    Choice {
        name: "key",
        value: "KEY",
        help: "Rows with this key, once for each key; several key columns: joined by `,`",
        meaning: Meaning::Keys,
    },
    Choice {
        name: "where",
        value: "SQL",
        help: "Rows that an SQL condition on the source's columns holds for",
        meaning: Meaning::Condition,
    },
    Choice { name: "rows", value: "IDS", help: "Rows by their ids: `3,7,10-12`", meaning: Meaning::Rows },
];

/// What was given, source by source.
#[derive(Clone, Debug)]
pub(crate) struct Edits<O> {
    /// Changes of sources, in order.
    pub(crate) edits: Vec<(String, Edit)>,
    /// The file of further changes.
    pub(crate) file: Option<PathBuf>,
    options: PhantomData<O>,
}

const SOURCE: &str = "source";
const FILE: &str = "change-file";

impl<O: Options> clap::Args for Edits<O> {
    fn augment_args(command: Command) -> Command {
        let text = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name(value).help(help).help_heading("Which rows").action(ArgAction::Append)
        };
        let help = "The source: its dataset, or the step that ingests it; may be given again, each with its own rows";
        let command = command.arg(text(SOURCE, "NAME", help));
        let command =
            O::ALL.iter().fold(command, |command, option| command.arg(text(option.name, option.value, option.help)));
        match O::FILE {
            true => command.arg(
                text(FILE, "FILE", "A file of changes of several sources, YAML or JSON: `changes: [{source: …}, …]`")
                    .action(ArgAction::Set),
            ),
            false => command,
        }
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<O: Options> FromArgMatches for Edits<O> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut given = values(matches, SOURCE).map(|(at, value)| (at, None, value)).collect::<Vec<_>>();
        for option in O::ALL {
            given.extend(values(matches, option.name).map(|(at, value)| (at, Some(option), value)));
        }
        given.sort_unstable_by_key(|(at, ..)| *at);
        let mut groups: Vec<(String, Vec<(&Choice, String)>)> = Vec::new();
        for (_, option, value) in given {
            match (option, groups.last_mut()) {
                (None, _) => groups.push((value, Vec::new())),
                (Some(option), Some((_, group))) => group.push((option, value)),
                (Some(option), None) => return Err(wrong(format!("`--{}` stands before any `--source`", option.name))),
            }
        }
        let file = match O::FILE {
            true => matches.get_one::<String>(FILE).map(PathBuf::from),
            false => None,
        };
        let edits = groups.into_iter().map(edits_of::<O>).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { edits: edits.into_iter().flatten().collect(), file, options: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The values of an option with their places on the command line.
fn values<'a>(matches: &'a ArgMatches, name: &str) -> impl Iterator<Item = (usize, String)> + 'a {
    let places = matches.indices_of(name).into_iter().flatten();
    let values = matches.get_many::<String>(name).into_iter().flatten();
    places.zip(values.cloned())
}

fn wrong(message: String) -> Error {
    Error::raw(ErrorKind::MissingRequiredArgument, format!("{message}\n"))
}

fn edits_of<O: Options>((source, given): (String, Vec<(&Choice, String)>)) -> Result<Vec<(String, Edit)>, Error> {
    if given.is_empty() {
        let names: Vec<_> = O::ALL.iter().map(|option| format!("`--{}`", option.name)).collect();
        return Err(wrong(format!("`--source {source}` needs one of {}", names.join(", "))));
    }
    let mut keys = Vec::new();
    let mut edits = Vec::new();
    for (option, value) in given {
        edits.push(match option.meaning {
            Meaning::Keys => {
                keys.push(value);
                continue;
            }
            Meaning::Condition => Edit::Remove(Pick::Where(value)),
            Meaning::Rows => {
                let reason = "`--rows` takes ids and ranges of them: `3,7,10-12`";
                Edit::Remove(Pick::rows(&value).map_err(|_| wrong(reason.to_owned()))?)
            }
            Meaning::Changes => Edit::Correct(value.into()),
            Meaning::Added => Edit::Append(value.into()),
            Meaning::Whole => Edit::Replace(value.into()),
        });
    }
    if !keys.is_empty() {
        edits.insert(0, Edit::Remove(Pick::Key(keys)));
    }
    Ok(edits.into_iter().map(|edit| (source.clone(), edit)).collect())
}
