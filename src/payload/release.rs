//! The list of the files that a release installed, in the format that `sha256sum` writes and checks.

use super::invalid;
use crate::bundle::names;
use crate::failure::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// Paths relative to the application folder, each with the SHA-256 of its file.
pub type FileList = BTreeMap<String, String>;

/// Reads a list: `<64 hexadecimal digits>  <path>` a line.
pub fn read_list(text: &str, origin: &Path) -> Result<FileList> {
    let mut list = FileList::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let parts = line.split_once("  ").or_else(|| line.split_once(" *"));
        let parts = parts.filter(|(hash, _)| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
        let (hash, path) = parts.ok_or_else(|| invalid(origin, format!("line {} is not of the form that sha256sum writes", n + 1)))?;
        let path = path.strip_prefix("./").unwrap_or(path);
        if list.insert(path.to_owned(), hash.to_lowercase()).is_some() {
            return Err(invalid(origin, format!("line {} names “{path}” again", n + 1)));
        }
    }
    names::check_all(list.keys().map(String::as_str))?;
    Ok(list)
}

/// Writes a list.
pub fn write_list(list: &FileList) -> String {
    list.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect()
}
