//! See `mlspec_fuzz::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mlspec_fuzz::record(data));
