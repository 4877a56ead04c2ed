//! A stick in drive `E:` of a Windows of the tests' own, and small volumes. Wine takes the drive for one that can be removed.
#![allow(dead_code, reason = "each test file uses a part of it")]

use crate::support::wine::{Lent, Wine};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;

/// A prefix that knows a drive that can be removed, and one more volume, `F:`.
pub fn prefix() -> Lent {
    Lent::or_made(|| {
        let wine = Wine::in_memory();
        fs::create_dir(stick_of(&wine)).expect("a stick");
        plug(&wine);
        let volume = wine.drive_c().with_file_name("volume");
        fs::create_dir(&volume).expect("a folder");
        symlink(volume, drive_of(&wine).with_file_name("f:")).expect("a drive");
        let words = ["add", r"HKLM\Software\Wine\Drives", "/v", "e:", "/d", "floppy", "/f"];
        wine.run(Path::new("reg"), &words).expect(0);
        // Drives are looked at when the first program starts.
        wine.restart();
        wine
    })
}

fn stick_of(wine: &Wine) -> PathBuf {
    wine.drive_c().with_file_name("stick")
}

fn drive_of(wine: &Wine) -> PathBuf {
    wine.drive_c().with_file_name("dosdevices").join("e:")
}

fn plug(wine: &Wine) {
    symlink(stick_of(wine), drive_of(wine)).expect("a drive");
}

/// The stick in the machine, empty at first.
pub struct Stick {
    wine: Arc<Lent>,
    pub folder: PathBuf,
}

impl Stick {
    /// Empties it.
    pub fn new(wine: &Arc<Lent>) -> Stick {
        let folder = stick_of(wine);
        fs::remove_dir_all(&folder).expect("the stick of the test before");
        fs::create_dir(&folder).expect("a stick");
        Stick {
            wine: wine.clone(),
            folder,
        }
    }

    /// Takes it out of the machine.
    pub fn pull(&self) {
        fs::remove_file(drive_of(&self.wine)).expect("a stick to pull");
    }

    /// What runs left on the stick: a folder for each, with its result, in their order.
    pub fn runs(&self) -> Vec<(String, Value)> {
        let mut runs: Vec<(SystemTime, String, Value)> = fs::read_dir(self.folder.join("holdfast-logs"))
            .into_iter()
            .flatten()
            .map(|entry| {
                let folder = entry.expect("an entry").path();
                let file = folder.join("result.json");
                let written = fs::metadata(&file).and_then(|meta| meta.modified()).expect("result.json");
                let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
                (
                    written,
                    name,
                    serde_json::from_slice(&fs::read(file).expect("result.json")).expect("JSON"),
                )
            })
            .collect();
        runs.sort_by_key(|(written, ..)| *written);
        runs.into_iter().map(|(_, name, result)| (name, result)).collect()
    }

    /// Fails if a copy of the updater is still on the machine.
    pub fn nothing_is_left(&self) {
        assert!(copies(&self.wine).is_empty(), "{:?}", copies(&self.wine));
    }
}

impl Drop for Stick {
    fn drop(&mut self) {
        if !drive_of(&self.wine).is_symlink() {
            plug(&self.wine);
        }
    }
}

/// The updaters' copies on the machine.
pub fn copies(wine: &Wine) -> Vec<PathBuf> {
    let users = fs::read_dir(wine.drive_c().join("users")).expect("users");
    let folders = users.map(|user| user.expect("a user").path().join("AppData/Local/Holdfast/run"));
    folders
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .map(|copy| copy.expect("a copy").path())
        .collect()
}

/// A small volume, if this machine lets a test have one.
pub struct Volume(PathBuf);

impl Volume {
    /// An empty one that can be written, of so many KiB.
    pub fn mount(folder: &Path, kib: u32) -> Option<Volume> {
        let size = format!("size={kib}k,mode=755");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder)
            .output();
        if mounted.is_ok_and(|m| m.status.success()) {
            return Some(Volume(folder.to_owned()));
        }
        println!("skipped: a test may not mount a volume here");
        None
    }

    /// Lets nobody write to it any more.
    pub fn protect(&self) {
        let done = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status();
        assert!(done.is_ok_and(|s| s.success()), "the volume cannot be write-protected");
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Wine may hold a file of it for a moment longer.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
