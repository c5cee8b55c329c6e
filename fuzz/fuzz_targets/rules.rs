//! Any text as a rule, about any person.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tenure_fuzz::rules::check(data));
