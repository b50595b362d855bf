//! A panic is a bug of ours: said so, with what a report needs.

use std::io::Write as _;
use std::panic::PanicHookInfo;

/// Tells of every panic where it happens, in one message.
pub(crate) fn tell_of_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        let message = format!(
            "internal error: {} ({})\n\
             This is a bug of mlspec {}. Please report it at {}/issues with this message and the command.\n\
             Nothing half-written was left: the store takes files whole or not at all.\n",
            text(panic),
            panic.location().map(ToString::to_string).unwrap_or_default(),
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_REPOSITORY"),
        );
        // There is nobody left to tell if this fails.
        let _ = std::io::stderr().lock().write_all(message.as_bytes());
    }));
}

fn text<'a>(panic: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = panic.payload();
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
