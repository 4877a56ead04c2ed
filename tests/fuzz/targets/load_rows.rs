//! Fuzzes what `readers::load_rows` reads.
#![no_main]

#[path = "../readers/mod.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| readers::load_rows::read(bytes));
