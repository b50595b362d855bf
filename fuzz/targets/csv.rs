//! See `mlspec_fuzz::csv`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mlspec_fuzz::csv(data));
