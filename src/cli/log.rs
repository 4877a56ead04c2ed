//! The log: simplelog, with the run's id in every line, so that lines of several runs in one file can be told apart.
#![allow(
    clippy::disallowed_methods,
    reason = "a log is not part of an update, and must be writable when the update is not"
)]

use crate::platform;
use crate::swap::WORK;
use simplelog::{ConfigBuilder, LevelFilter, WriteLogger};
use std::fs::{File, OpenOptions, create_dir_all};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Begins the log: where it was asked for, else in the application folder, else among the temporary files. `None` if none of them can be written.
pub fn begin(asked: Option<&Path>, app: Option<&Path>, run: &str) -> Option<PathBuf> {
    let name = format!("{run}.log");
    let in_app = app
        .filter(|app| app.join(WORK).is_dir() || platform::may_write(app))
        .map(|app| app.join(WORK).join("logs").join(&name));
    let candidates = asked
        .map(Path::to_owned)
        .into_iter()
        .chain(in_app)
        .chain([platform::fallback_log_folder().join(&name)]);
    let (file, path) = candidates.into_iter().find_map(|path| open(&path).ok().map(|file| (file, path)))?;
    let lines = Lines {
        file,
        prefix: format!("[{run}] "),
        line: Vec::new(),
    };
    let config = ConfigBuilder::new()
        .set_time_format_rfc3339()
        .set_thread_level(LevelFilter::Off)
        .set_target_level(LevelFilter::Off)
        .set_location_level(LevelFilter::Off)
        .build();
    WriteLogger::init(LevelFilter::Debug, config, lines).ok()?;
    Some(path)
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        create_dir_all(folder)?;
    }
    OpenOptions::new().append(true).create(true).open(path)
}

/// Writes whole lines, each with the prefix.
struct Lines {
    file: File,
    prefix: String,
    line: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.line.push(*byte);
            if *byte == b'\n' {
                self.file.write_all(self.prefix.as_bytes())?;
                self.file.write_all(&self.line)?;
                self.line.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
