//! The updater: the stub that becomes `update.exe`. It drags in nothing of the toolkit.

use std::process::ExitCode;

/// The bundle that build.rs packed, or nothing.
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/payload.hfb"));

fn main() -> ExitCode {
    ExitCode::from(holdfast::cli::main(std::env::args_os().skip(1), EMBEDDED) as u8)
}
