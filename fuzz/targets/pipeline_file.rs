//! See `mlspec_fuzz::pipeline_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mlspec_fuzz::pipeline_file(data));
