//! The sample product as one zip. The same folder must give the same bytes on every system, so nothing of a file but its name and
//! content goes in.

use std::io::{Cursor, Result};
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Zips a folder, in the order of its names.
pub fn zip(folder: &Path, out: &Path) -> Result<()> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    add(&mut zip, folder, "")?;
    std::fs::write(out, zip.finish()?.into_inner())
}

fn add(zip: &mut ZipWriter<Cursor<Vec<u8>>>, folder: &Path, prefix: &str) -> Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            add(zip, &entry.path(), &format!("{name}/"))?;
            continue;
        }
        let content = std::fs::read(entry.path())?;
        // Not the file's mode: Windows has none. What names its interpreter is a program.
        let mode = if content.starts_with(b"#!") { 0o755 } else { 0o644 };
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(mode))?;
        std::io::Write::write_all(zip, &content)?;
    }
    Ok(())
}
