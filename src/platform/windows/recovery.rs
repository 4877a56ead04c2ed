//! What brings an unfinished run to its end after a power cut, when nobody thinks of it: a program that is started at the next logon of
//! this user, or, for an application of all users, when the machine starts.

use super::elevation::is_elevated;
use sha2::{Digest, Sha256};
use std::io;
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use windows_sys::Win32::System::Registry::{HKEY, RegFlushKey};
use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;
use winreg::RegKey;
use winreg::enums::{HKEY_CURRENT_USER, KEY_SET_VALUE};

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";

/// Lets `program` run with `recover` at the next start, until [`unregister_recovery`]. `app` is the folder that would be recovered.
pub fn register_recovery(app: &Path, program: &Path) -> io::Result<()> {
    if is_machine_wide(app) && create_task(app, program).is_ok() {
        return Ok(());
    }
    let (key, _) = RegKey::predef(HKEY_CURRENT_USER).create_subkey_with_flags(RUN, KEY_SET_VALUE)?;
    key.set_value(name(app), &format!("\"{}\" recover", program.display()))?;
    flush(&key)
}

/// Takes it back; it is no error if nothing was registered.
pub fn unregister_recovery(app: &Path) -> io::Result<()> {
    let task = task_file(app);
    if task.exists() {
        schtasks(&["/delete", "/f", "/tn", &name(app)])?;
        std::fs::remove_file(&task)?;
    }
    let key = match RegKey::predef(HKEY_CURRENT_USER).open_subkey_with_flags(RUN, KEY_SET_VALUE) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        key => key?,
    };
    match key.delete_value(name(app)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
        Ok(()) => flush(&key),
    }
}

/// One name for one folder, whatever the case in which it is typed.
fn name(app: &Path) -> String {
    let digest = Sha256::digest(app.to_string_lossy().to_lowercase());
    let digits: String = digest.iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("Holdfast recovery {digits}")
}

fn flush(key: &RegKey) -> io::Result<()> {
    // SAFETY: the key is open for as long as `key` lives.
    match unsafe { RegFlushKey(key.raw_handle() as HKEY) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code as i32)),
    }
}

/// An application outside this user's own folders, updated with administrator's rights, is everybody's.
fn is_machine_wide(app: &Path) -> bool {
    let profile = std::env::var_os("USERPROFILE").map(PathBuf::from);
    is_elevated() && !profile.is_some_and(|profile| app.starts_with(profile))
}

/// The task's description; while it is there, the task is registered.
fn task_file(app: &Path) -> PathBuf {
    app.join(".holdfast").join("recover.xml")
}

/// A task that runs as the system when the machine starts, before anybody logs on:
/// <https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema>.
fn create_task(app: &Path, program: &Path) -> io::Result<()> {
    let escaped = program
        .to_string_lossy()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>
  <Settings>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author"><Exec><Command>"{escaped}"</Command><Arguments>recover --silent</Arguments></Exec></Actions>
</Task>
"#
    );
    let file = task_file(app);
    let bytes: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(&file, bytes)?;
    let created = schtasks(&["/create", "/f", "/tn", &name(app), "/xml", &file.to_string_lossy()]);
    if created.is_err() {
        std::fs::remove_file(&file)?;
    }
    created
}

fn schtasks(arguments: &[&str]) -> io::Result<()> {
    let root = std::env::var_os("SystemRoot").ok_or(io::ErrorKind::NotFound)?;
    let ended = Command::new(PathBuf::from(root).join(r"System32\schtasks.exe"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .creation_flags(CREATE_NO_WINDOW)
        .status()?;
    match ended.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("schtasks.exe ended with {ended}"))),
    }
}
