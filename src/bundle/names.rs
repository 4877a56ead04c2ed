//! Which paths a bundle may hold. Windows' rules hold on every platform, so that what was packed on one can be unpacked on all:
//! <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>.

use crate::failure::{Failure, Reason, Result};
use std::collections::HashMap;

/// The longest path inside a bundle, in UTF-16 units: it leaves room for the application folder below Windows' 260.
pub const MAX_PATH_UNITS: usize = 200;

/// The folder of Holdfast's own files in an application folder; no bundle may write there.
pub const WORK_FOLDER: &str = ".holdfast";

/// Checks one path: relative, `/` between its parts, and every part a name that every system stores as it is written.
pub fn check(path: &str) -> Result<()> {
    let wrong = |why: &str| {
        Err(Failure::new(
            Reason::BundleName,
            format!("The path “{}” cannot be used: {why}.", path.escape_debug()),
        )
        .with("value", path))
    };
    if path.is_empty() {
        return wrong("it is empty");
    }
    if path.encode_utf16().count() > MAX_PATH_UNITS {
        return wrong(&format!("it is longer than {MAX_PATH_UNITS} characters"));
    }
    if path.starts_with('/') || path.contains('\\') || path.contains(':') {
        return wrong("only relative paths with “/” between their parts can be installed");
    }
    for part in path.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return wrong("“..”, “.” and empty parts are not allowed");
        }
        if part.ends_with('.') || part.ends_with(' ') {
            return wrong("Windows drops a dot or blank at the end of a name");
        }
        if part.chars().any(|c| c.is_control() || "<>\"|?*".contains(c)) {
            return wrong("Windows does not allow control characters or any of < > \" | ? * in a name");
        }
        if is_device(part) {
            return wrong("Windows reserves that name for a device");
        }
    }
    let first = path.split('/').next().unwrap_or_default();
    if folded(first).starts_with(WORK_FOLDER) {
        return wrong("names that begin with “.holdfast” are kept for the updater's own files");
    }
    Ok(())
}

/// Whether Windows takes the name for a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()) {
        return true;
    }
    let digit = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    digit.is_some_and(|d| d.chars().count() == 1 && d.chars().all(|c| c.is_ascii_digit() || "¹²³".contains(c)))
}

/// The name as a file system that ignores case sees it.
pub fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// Checks a whole set of file paths: each by itself, and that no two of them meet on a file system that ignores case.
pub fn check_all<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<()> {
    // What stands at each place: the path as first written, and whether it is a file there.
    let mut seen: HashMap<String, (&'a str, bool)> = HashMap::new();
    for path in paths {
        check(path)?;
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let part = &path[..end];
            let is_file = end == path.len();
            match seen.insert(folded(part), (part, is_file)) {
                Some((other, was_file)) if other != part || was_file || is_file => {
                    return Err(Failure::new(
                        Reason::BundleName,
                        format!("The paths “{other}” and “{path}” are one and the same on Windows."),
                    )
                    .with("value", path));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Checks the entries of a bundle: what is installed by the path at which it is installed, the rest by its name in the bundle.
pub fn check_entries<'a>(paths: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
    const FOLDERS: [&str; 6] = ["code", "migrations", "modules", "notes", "releases", "schema"];
    if let Some(strange) = paths
        .clone()
        .find(|p| p.split_once('/').is_none_or(|(folder, _)| !FOLDERS.contains(&folder)))
    {
        check(strange)?;
        return Err(Failure::new(
            Reason::BundleName,
            format!(
                "The path “{}” cannot be used: a bundle has the folders {} and nothing else.",
                strange.escape_debug(),
                FOLDERS.join(", ")
            ),
        )
        .with("value", strange));
    }
    check_all(paths.clone().filter_map(|p| p.strip_prefix("code/")))?;
    check_all(paths.filter(|p| !p.starts_with("code/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for path in [
            "a",
            "lib/x.py",
            "web/guía.html",
            "console/nullable.txt",
            "com10/lpt",
            "a b/c.d.e",
            "данные/файл",
        ] {
            check(path).expect(path);
        }
    }

    #[test]
    fn names_that_windows_changes_are_refused() {
        let long = "a/".repeat(120);
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "./a",
            "a\\b",
            "C:/x",
            "x:stream",
            "trail.",
            "trail ",
            "a./b",
            "aux",
            "AUX.txt",
            "lib/nul.tar.gz",
            "com1",
            "LPT9.log",
            "com¹",
            "a<b",
            "a|b",
            "what?",
            "tab\t",
            ".holdfast/journal",
            ".HoldFast",
            long.as_str(),
        ] {
            assert!(check(path).is_err(), "{path}");
        }
    }

    #[test]
    fn paths_that_meet_are_refused() {
        check_all(["a/b", "a/c", "A2/b"]).expect("different");
        for paths in [
            ["OK.TXT", "ok.txt"],
            ["a", "a/b"],
            ["Lib/x", "lib/y"],
            ["a/b", "a/b"],
            ["straße", "STRASSE"],
        ] {
            assert!(check_all(paths).is_err(), "{paths:?}");
        }
    }
}
