//! What a desktop system has and this one does not, or does not need: a list of installed programs that somebody else keeps, a start-up
//! hook, rights that are asked for in a window. Each answer is the true one here.

use super::Path;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// Keeps the machine awake; a server does not sleep.
#[must_use = "the machine may sleep again when this value goes"]
pub struct Awake;

/// Begins to keep the machine awake.
pub fn keep_awake() -> Awake {
    Awake
}

/// The loader takes libraries from the system's folders alone.
pub fn harden() {}

/// A terminal needs no attaching.
pub fn attach_console() -> bool {
    true
}

/// A text for which there is no console has nowhere to go.
pub fn show_text(_title: &str, _text: &str) {}

/// The program's file cannot be taken from under it.
pub fn hold_in_memory() {}

/// Whether a path lies on something that can be pulled out. A running program keeps its file, so it does not matter.
pub fn is_removable(_path: &Path) -> bool {
    false
}

/// The languages that this user reads, best first: <https://www.gnu.org/software/gettext/manual/html_node/Locale-Environment-Variables.html>.
pub fn preferred_languages() -> Vec<String> {
    let names = ["LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"];
    let text = names
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .collect::<Vec<_>>()
        .join(":");
    let name = |word: &str| word.split('.').next().unwrap_or_default().replace('_', "-");
    text.split(':').map(name).filter(|word| !word.is_empty()).collect()
}

/// The name of this machine.
pub fn computer_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// A folder of this user's on this machine.
pub fn local_folder() -> PathBuf {
    std::env::temp_dir()
}

/// Whether this process has all rights.
pub fn is_elevated() -> bool {
    rustix::process::geteuid().is_root()
}

/// Rights are got with `sudo`, before.
pub fn run_elevated(_program: &Path, _arguments: &[OsString]) -> io::Result<u32> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whoever starts the application runs the recovery; there is no start-up hook of everybody's.
pub fn register_recovery(_app: &Path, _program: &Path) -> io::Result<()> {
    Ok(())
}

/// There is none to take back.
pub fn unregister_recovery(_app: &Path) -> io::Result<()> {
    Ok(())
}

/// Where there is no list of programs, no entry has a place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Nowhere {}

/// An entry in the system's list of programs; package managers keep theirs themselves.
pub type Registered = crate::platform::entry::Registered<Nowhere>;

/// None.
pub fn find_registered(_app: &Path) -> Vec<Registered> {
    Vec::new()
}

/// There is none to write.
pub fn set_registered(entry: &Registered) -> io::Result<()> {
    match entry.place {}
}
