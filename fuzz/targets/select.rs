//! See `mlspec_fuzz::select`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mlspec_fuzz::select(data));
