//! The secret key: from a file outside every store.

use super::variable;
use crate::args::Common;
use crate::fault::Fault;
use mlspec_maintain::proof::SecretKey;
use mlspec_runner::Secret;
use std::path::PathBuf;

/// The file of the key: named on the command line or in the environment, or the user's own, if there is one.
pub(crate) fn key_file(common: &Common) -> Option<PathBuf> {
    let named = common.key_file.clone().or_else(|| variable("MLSPEC_KEY_FILE").map(PathBuf::from));
    named.or_else(|| default_key_file().filter(|path| path.is_file()))
}

/// Where the user's own key lies, whether or not there is one: in the folder of settings.
pub(crate) fn default_key_file() -> Option<PathBuf> {
    let settings = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let settings = settings.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")))?;
    Some(settings.join("mlspec").join("key.json"))
}

/// The key in that file, if there is one.
///
/// # Errors
/// When one is named that cannot be used.
pub(crate) fn key(common: &Common) -> Result<Option<SecretKey>, Fault> {
    Ok(key_file(common).map(|path| SecretKey::load(&path)).transpose()?)
}

/// The secret of that key by which erased rows are recognised.
///
/// # Errors
/// As [`key`].
pub(crate) fn secret(common: &Common) -> Result<Option<Secret>, Fault> {
    Ok(key(common)?.map(|key| Secret::new(key.suppression_secret().to_vec())))
}
