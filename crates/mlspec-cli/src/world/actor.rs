//! Who runs it.

/// The user, as the system names them.
pub(crate) fn actor() -> Option<String> {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty())
}
