//! The secret key: from a file outside every store.

use super::variable;
use crate::args::Common;
use crate::fault::Fault;
use mlspec_maintain::proof::SecretKey;
use mlspec_runner::Secret;
use std::path::PathBuf;

/// The file of the key that is named on the command line or in the environment, if one is.
pub(crate) fn key_file(common: &Common) -> Option<PathBuf> {
    common.key_file.clone().or_else(|| variable("MLSPEC_KEY_FILE").map(PathBuf::from))
}

/// The key that is named on the command line or in the environment, if one is.
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
