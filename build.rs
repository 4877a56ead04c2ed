//! Packs a payload folder into every executable, so that `cargo build` alone makes a complete update: `payload/`, or the folder
//! that `HOLDFAST_PAYLOAD` names. Without the feature `embed` a stub carries none.
//!
//! The packing code is the library's own, compiled here a second time.
#![allow(dead_code, unused_imports, reason = "the library uses the rest")]

#[path = "src/bundle/mod.rs"]
mod bundle;
#[path = "src/database/mod.rs"]
mod database;
#[path = "src/disk/mod.rs"]
mod disk;
#[path = "src/failure/mod.rs"]
mod failure;
#[path = "src/near.rs"]
mod near;
#[path = "src/payload/mod.rs"]
mod payload;
#[path = "src/platform/mod.rs"]
mod platform;
#[path = "src/report/mod.rs"]
mod report;
#[path = "src/sql/mod.rs"]
mod sql;
#[path = "src/version.rs"]
mod version;

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=HOLDFAST_PAYLOAD");
    println!("cargo::rerun-if-changed=src");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let payload = std::env::var_os("HOLDFAST_PAYLOAD").map_or_else(|| root.join("payload"), |p| root.join(p));
    println!("cargo::rerun-if-changed={}", payload.display());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("payload.hfb");
    let packed = match std::env::var_os("CARGO_FEATURE_EMBED") {
        Some(_) => pack(&payload, &out),
        None => std::fs::write(&out, []).map_err(failure::Failure::from),
    };
    let packed = packed.and_then(|()| sample(&root.join("payload"), &out.with_file_name("sample.zip")));
    if let Err(failure) = packed {
        println!("cargo::error={}", failure.message.replace('\n', "\ncargo::error="));
    }
}

fn pack(payload: &Path, out: &Path) -> failure::Result<()> {
    let mut bytes = Vec::new();
    payload::resolve(payload)?.write(&mut std::io::Cursor::new(Vec::new()), &mut bytes)?;
    Ok(std::fs::write(out, &bytes[bundle::container::MARK_BYTES as usize..])?)
}

/// The sample product as it is, for `holdfast new --sample` and `holdfast demo`.
fn sample(payload: &Path, out: &Path) -> failure::Result<()> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    add(&mut zip, payload, "")?;
    let bytes = zip.finish().map_err(std::io::Error::from)?.into_inner();
    Ok(std::fs::write(out, bytes)?)
}

fn add(zip: &mut zip::ZipWriter<std::io::Cursor<Vec<u8>>>, folder: &Path, prefix: &str) -> failure::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            add(zip, &entry.path(), &format!("{name}/"))?;
            continue;
        }
        let mode = if platform::is_executable(&entry.path()) { 0o755 } else { 0o644 };
        let options = zip::write::SimpleFileOptions::default().unix_permissions(mode);
        zip.start_file(name, options).map_err(std::io::Error::from)?;
        std::io::copy(&mut std::fs::File::open(entry.path())?, zip)?;
    }
    Ok(())
}
