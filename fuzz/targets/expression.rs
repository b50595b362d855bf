//! See `mlspec_fuzz::expression`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mlspec_fuzz::expression(data));
