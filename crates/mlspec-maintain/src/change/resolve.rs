//! Which rows of which source are meant.

use super::Edit;
use super::base::Base;
use crate::MaintainError;
use mlspec_trace::Source;
use std::path::PathBuf;

/// What changes in one source.
#[derive(Debug)]
pub(crate) struct SourceEdit<'a> {
    pub(crate) source: &'a Source,
    /// The rows of these ids go, ascending.
    pub(crate) remove: Vec<u64>,
    /// The rows of this file get its values.
    pub(crate) correct: Option<PathBuf>,
    /// The rows of this file come.
    pub(crate) append: Option<PathBuf>,
    /// The rows of this file are all there are.
    pub(crate) replace: Option<PathBuf>,
}

/// Looks sources and rows up in what is live.
pub(crate) fn resolve<'a>(base: &'a Base, edits: &[(String, Edit)]) -> Result<Vec<SourceEdit<'a>>, MaintainError> {
    let mut found: Vec<SourceEdit<'a>> = Vec::new();
    for (name, edit) in edits {
        let source = base.view.source(name)?;
        let at = found.iter().position(|known| known.source.step == source.step).unwrap_or_else(|| {
            let (remove, correct, append, replace) = (Vec::new(), None, None, None);
            found.push(SourceEdit { source, remove, correct, append, replace });
            found.len() - 1
        });
        let Some(known) = found.get_mut(at) else { continue };
        let slot = match edit {
            Edit::Remove(pick) => {
                known.remove.append(&mut pick.select(&base.view, source)?);
                continue;
            }
            Edit::Correct(path) => (&mut known.correct, path),
            Edit::Append(path) => (&mut known.append, path),
            Edit::Replace(path) => (&mut known.replace, path),
        };
        if !slot.1.is_file() {
            return Err(MaintainError::NoFile(slot.1.clone()));
        }
        if slot.0.replace(slot.1.clone()).is_some() {
            return Err(MaintainError::Several(name.clone()));
        }
    }
    for edit in &mut found {
        edit.remove.sort_unstable();
        edit.remove.dedup();
    }
    Ok(found)
}
