//! The updater: the stub that becomes `update.exe`. It drags in nothing of the toolkit.
#![windows_subsystem = "windows"]

/// The bundle that build.rs packed, or nothing.
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/payload.hfb"));

fn main() {
    // Windows' exit codes have 32 bits, and `std::process::ExitCode` has eight.
    std::process::exit(holdfast::cli::main(std::env::args_os().skip(1), EMBEDDED))
}
