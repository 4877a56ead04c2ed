//! A stick may be pulled out while the update runs, and a program that was started from it would crash when its next page is read. So a
//! copy on this machine does the work, and brings the log and the result back if the stick is still there. Nothing depends on that.
#![allow(
    clippy::disallowed_methods,
    reason = "neither the local copy nor what goes back to the stick is part of a site"
)]

use crate::disk::{RealDisk, copy_file, failed, hash_file};
use crate::failure::Result;
use crate::flow::ResultFile;
use crate::platform;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// The folder of local copies.
fn copies() -> PathBuf {
    platform::local_folder().join("Holdfast").join("run")
}

/// Where a program came from that must not go on running there: the folder that was named, or the one of a program on a stick.
pub fn origin(named: Option<&Path>, program: &Path) -> Option<PathBuf> {
    match named {
        Some(folder) => platform::real_path(folder).ok().or_else(|| Some(folder.to_owned())),
        None => program.parent().filter(|_| platform::is_removable(program)).map(Path::to_owned),
    }
}

/// A copy of the program on this machine, at work.
pub struct Copy {
    child: Child,
    folder: PathBuf,
}

impl Copy {
    /// Copies the program with all that it carries, reads the copy back, and starts it with the same words.
    pub fn start(program: &Path, origin: &Path, words: &[OsString]) -> Result<Copy> {
        // Runs that begin together must not take each other's copies for left-overs; one that has started cannot be removed.
        let copies = copies();
        fs::create_dir_all(&copies).map_err(|e| failed("making the folder", &copies, &e))?;
        let path = copies.with_extension("lock");
        let lock = File::create(&path).map_err(|e| failed("making", &path, &e))?;
        lock.lock().map_err(|e| failed("locking", &path, &e))?;
        tidy();
        let folder = copies.join(std::process::id().to_string());
        let target = folder.join(program.file_name().unwrap_or("update.exe".as_ref()));
        let made = fs::create_dir_all(&folder);
        made.map_err(|e| failed("making the folder", &folder, &e))?;
        let _ = fs::remove_file(&target);
        let written = copy_file(&RealDisk, program, &target)?;
        if hash_file(&RealDisk, &target)? != written {
            let error = io::Error::other("the copy does not read back as it was written");
            return Err(failed("copying the update to", &target, &error));
        }
        #[cfg(unix)]
        fs::set_permissions(&target, fs::metadata(program)?.permissions())?;
        let mut command = Command::new(&target);
        command.args(words).arg("--stick").arg(origin);
        let child = command.spawn().map_err(|e| failed("starting", &target, &e))?;
        Ok(Copy { child, folder })
    }

    /// Waits for its end, and removes it.
    pub fn wait(mut self) -> i32 {
        let status = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
        status.ok().and_then(|s| s.code()).unwrap_or(1)
    }
}

/// Copies of earlier runs that nobody waited for; one that runs cannot be removed, and stays.
fn tidy() {
    for folder in fs::read_dir(copies()).into_iter().flatten().flatten() {
        let _ = fs::remove_dir_all(folder.path());
    }
}

/// Brings the log and the result to the stick, into a folder of this machine and this run. Whether that worked matters to nobody but the log.
pub fn bring_back(origin: &Path, result: &ResultFile) {
    // A stick that has gone is not made again as a folder.
    if !origin.is_dir() {
        return log::info!("“{}” is not there any more", origin.display());
    }
    let run = &result.request.id;
    let name: String = platform::computer_name()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let folder = origin
        .join("holdfast-logs")
        .join(format!("{}-{run}", if name.is_empty() { "computer" } else { &name }));
    let bring = || -> Result<()> {
        fs::create_dir_all(&folder)?;
        let partial = folder.join("result.partial");
        fs::write(&partial, serde_json::to_string_pretty(result).unwrap_or_default())?;
        platform::flush_file(&partial)?;
        platform::rename_over(&partial, &folder.join("result.json"))?;
        if let Some(log) = &result.request.log {
            let to = folder.join("update.log");
            fs::copy(log, &to)?;
            platform::flush_file(&to)?;
        }
        Ok(platform::flush_dir(&folder)?)
    };
    match bring() {
        Ok(()) => log::info!("log and result were brought to “{}”", folder.display()),
        Err(failure) => log::warn!("log and result could not be brought to “{}”: {failure}", folder.display()),
    }
}
