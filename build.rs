//! What is made before the library and the programs are compiled: the bundle of a payload folder (feature `embed`), the sample
//! product (feature `toolkit`), and the resources of the Windows programs. Never writes outside `OUT_DIR`.
//!
//! The packing code is the library's own, compiled here a second time; without `embed` neither it nor its SQLite is.

#[cfg(feature = "embed")]
#[path = "build/packing.rs"]
mod packing;
#[path = "build/resources.rs"]
mod resources;
#[cfg(feature = "toolkit")]
#[path = "build/sample.rs"]
mod sample;

// The library's modules call each other `crate::…`.
#[cfg(feature = "embed")]
#[allow(unused_imports, reason = "the library's own names, used inside it")]
use packing::*;

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=HOLDFAST_PAYLOAD");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    for made in [
        bundle_of_payload(&root, &out),
        sample_product(&root, &out),
        resources::link(&root, &out),
    ] {
        if let Err(message) = made {
            println!("cargo::error={}", message.replace('\n', "\ncargo::error="));
        }
    }
}

/// `payload/`, or the folder that `HOLDFAST_PAYLOAD` names, packed for every executable; `cargo build` alone so makes a complete update.
#[cfg(feature = "embed")]
fn bundle_of_payload(root: &Path, out: &Path) -> Result<(), String> {
    println!("cargo::rerun-if-changed=src");
    let payload = std::env::var_os("HOLDFAST_PAYLOAD").map_or_else(|| root.join("payload"), |p| root.join(p));
    println!("cargo::rerun-if-changed={}", payload.display());
    packing::pack(&payload, &out.join("payload.hfb")).map_err(|failure| failure.message)
}

/// A stub carries no bundle.
#[cfg(not(feature = "embed"))]
fn bundle_of_payload(_root: &Path, out: &Path) -> Result<(), String> {
    std::fs::write(out.join("payload.hfb"), []).map_err(|e| e.to_string())
}

/// `payload/` as it is, for `holdfast new --sample` and `holdfast demo`.
#[cfg(feature = "toolkit")]
fn sample_product(root: &Path, out: &Path) -> Result<(), String> {
    let payload = root.join("payload");
    println!("cargo::rerun-if-changed={}", payload.display());
    sample::zip(&payload, &out.join("sample.zip")).map_err(|e| format!("“{}” cannot be packed: {e}", payload.display()))
}

#[cfg(not(feature = "toolkit"))]
fn sample_product(_root: &Path, _out: &Path) -> Result<(), String> {
    Ok(())
}
