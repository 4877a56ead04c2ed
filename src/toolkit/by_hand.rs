//! What the commands that try something by hand have in common: the result is a new file, which is there whole or not at all.

use super::desk;
use crate::fail;
use crate::failure::Result;
use std::path::Path;

/// Makes a file: `make` fills it at another path, and it takes its place when all of that has succeeded.
pub fn new_file<T>(out: &Path, make: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    if out.exists() {
        fail!(
            RequestInvalid,
            "“{}” is there already; give another name with --out.",
            out.display()
        );
    }
    let folder = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Beside the result, so that a rename is enough; gone by itself on every way out but the last.
    let partial = tempfile::Builder::new()
        .prefix(".holdfast-")
        .tempdir_in(folder)
        .map_err(|e| desk(folder, &e))?;
    let path = partial.path().join("new.db");
    let made = make(&path)?;
    std::fs::rename(&path, out).map_err(|e| desk(out, &e))?;
    Ok(made)
}
