//! Who runs it.

use crate::world::variable;

/// The user, as the system names them.
pub(crate) fn actor() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable)?.into_string().ok()
}
