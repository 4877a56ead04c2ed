//! The library's packing code, for the build script. Holds nothing of its own but the call: what is embedded must be what
//! `holdfast pack` would append.
#![allow(dead_code, unused_imports, reason = "the library uses the rest")]

#[path = "../src/bundle/mod.rs"]
pub mod bundle;
#[path = "../src/database/mod.rs"]
pub mod database;
#[path = "../src/disk/mod.rs"]
pub mod disk;
#[path = "../src/failure/mod.rs"]
pub mod failure;
#[path = "../src/load/mod.rs"]
pub mod load;
#[path = "../src/near.rs"]
pub mod near;
#[path = "../src/payload/mod.rs"]
pub mod payload;
#[path = "../src/platform/mod.rs"]
pub mod platform;
#[path = "../src/report/mod.rs"]
pub mod report;
#[path = "../src/reshape/mod.rs"]
pub mod reshape;
#[path = "../src/script/mod.rs"]
pub mod script;
#[path = "../src/sql/mod.rs"]
pub mod sql;
#[path = "../src/steps/mod.rs"]
pub mod steps;
#[path = "../src/version.rs"]
pub mod version;

use std::path::Path;

/// Packs a payload without the mark by which an appended bundle is found.
pub fn pack(payload: &Path, out: &Path) -> failure::Result<()> {
    let mut bytes = Vec::new();
    let mut resolved = payload::resolve(payload)?;
    resolved.manifest.unrehearsed = Some("it was embedded when the program was built".to_owned());
    resolved.write(&mut std::io::Cursor::new(Vec::new()), &mut bytes)?;
    Ok(std::fs::write(out, &bytes[bundle::container::MARK_BYTES as usize..])?)
}
