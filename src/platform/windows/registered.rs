//! The application's entry in “Programs and Features”: <https://learn.microsoft.com/windows/win32/msi/uninstall-registry-key>.
//! An entry is only brought up to date, never made; one of Windows Installer is left alone, because a repair would undo the update.

use crate::platform::entry::{self, Values};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use winreg::RegKey;
use winreg::enums::{HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_READ, KEY_SET_VALUE, KEY_WOW64_32KEY, KEY_WOW64_64KEY};

const UNINSTALL: &str = r"Software\Microsoft\Windows\CurrentVersion\Uninstall";

/// An entry of this system.
pub type Registered = entry::Registered<Place>;

/// In whose part of the registry an entry is, and in which view of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// This user's.
    User,
    /// The machine's, for 64-bit programs.
    Machine64,
    /// The machine's, for 32-bit programs.
    Machine32,
}

impl Place {
    fn open(self, key: &str, access: u32) -> io::Result<RegKey> {
        let (root, view) = match self {
            Place::User => (HKEY_CURRENT_USER, 0),
            Place::Machine64 => (HKEY_LOCAL_MACHINE, KEY_WOW64_64KEY),
            Place::Machine32 => (HKEY_LOCAL_MACHINE, KEY_WOW64_32KEY),
        };
        RegKey::predef(root).open_subkey_with_flags(format!("{UNINSTALL}{key}"), access | view)
    }
}

/// The entries whose install location is this folder.
pub fn find_registered(app: &Path) -> Vec<Registered> {
    let mut found: Vec<Registered> = Vec::new();
    for place in [Place::User, Place::Machine64, Place::Machine32] {
        let Ok(all) = place.open("", KEY_READ) else { continue };
        for name in all.enum_keys().flatten() {
            let Ok(key) = place.open(&format!("\\{name}"), KEY_READ) else {
                continue;
            };
            let location: String = key.get_value("InstallLocation").unwrap_or_default();
            if is_folder(&location, app) {
                found.push(Registered {
                    place,
                    is_msi: key.get_value::<u32, _>("WindowsInstaller").unwrap_or(0) == 1,
                    values: read(&key),
                    key: name,
                });
            }
        }
    }
    // A 32-bit system has one view of the machine's part, and it is seen twice.
    found.dedup_by(|b, a| a.place != Place::User && b.place != Place::User && a.key == b.key && cfg!(target_pointer_width = "32"));
    found
}

/// Installers write the folder with quotes, with a backslash at its end, or in another case.
fn is_folder(location: &str, app: &Path) -> bool {
    let location = location.trim().trim_matches('"');
    if location.is_empty() {
        return false;
    }
    let real = super::real_path(Path::new(location));
    real.is_ok_and(|real| real.to_string_lossy().to_lowercase() == app.to_string_lossy().to_lowercase())
}

fn read(key: &RegKey) -> Values {
    Values {
        display_name: key.get_value("DisplayName").ok(),
        display_version: key.get_value("DisplayVersion").ok(),
        install_date: key.get_value("InstallDate").ok(),
        estimated_size: key.get_value("EstimatedSize").ok(),
        version_major: key.get_value("VersionMajor").ok(),
        version_minor: key.get_value("VersionMinor").ok(),
    }
}

/// Writes what an entry shall say. What it does not say goes.
pub fn set_registered(entry: &Registered) -> io::Result<()> {
    let key = entry.place.open(&format!("\\{}", entry.key), KEY_SET_VALUE)?;
    let values = &entry.values;
    set(&key, "DisplayName", values.display_name.as_ref())?;
    set(&key, "DisplayVersion", values.display_version.as_ref())?;
    set(&key, "InstallDate", values.install_date.as_ref())?;
    set(&key, "EstimatedSize", values.estimated_size.as_ref())?;
    set(&key, "VersionMajor", values.version_major.as_ref())?;
    set(&key, "VersionMinor", values.version_minor.as_ref())
}

fn set<T: winreg::types::ToRegValue>(key: &RegKey, name: &str, value: Option<&T>) -> io::Result<()> {
    match value {
        Some(value) => key.set_value(name, value),
        None => match key.delete_value(name) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        },
    }
}
