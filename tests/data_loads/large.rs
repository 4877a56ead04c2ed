//! Large files: as many rows as wanted pass through one buffer. Files are made as they are read.

use crate::desk::{counts, plan};
use holdfast::failure::Result;
use holdfast::load::{Files, Options, run};
use holdfast::report::Nobody;
use rusqlite::Connection;
use std::io::Read;

const ROWS: u64 = 1_000_000;

/// Gives rows without end in sight, without holding them.
struct Made {
    next: u64,
    line: Vec<u8>,
    read: usize,
    row: fn(u64) -> String,
}

impl Read for Made {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.read == self.line.len() {
            if self.next > ROWS + 1 {
                return Ok(0);
            }
            self.line = (self.row)(self.next).into_bytes();
            self.next += 1;
            self.read = 0;
        }
        let amount = out.len().min(self.line.len() - self.read);
        out[..amount].copy_from_slice(&self.line[self.read..self.read + amount]);
        self.read += amount;
        Ok(amount)
    }
}

struct Factory;

impl Files for Factory {
    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>> {
        let row: fn(u64) -> String = match name {
            "rows.json" => |n| match n {
                0 => "[".to_owned(),
                n if n > ROWS => "]".to_owned(),
                n => format!(
                    "{}{{\"id\": {n}, \"name\": \"person number {n}\", \"score\": {n}.5}}\n",
                    if n > 1 { "," } else { "" }
                ),
            },
            "rows.jsonl" => |n| match n {
                n if n == 0 || n > ROWS => "\n".to_owned(),
                n => format!("{{\"id\": {n}, \"name\": \"person number {n}\", \"score\": {n}.5}}\n"),
            },
            _ => |n| match n {
                0 => "id,name,score\n".to_owned(),
                n if n > ROWS => String::new(),
                n => format!("{n},person number {n},{n}.5\n"),
            },
        };
        Ok(Box::new(Made {
            next: 0,
            line: Vec::new(),
            read: 0,
            row,
        }))
    }
}

#[cfg(target_os = "linux")]
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).expect("VmHWM");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("kB")
}

/// The peak is that of a process, so the rows are loaded in one of their own.
#[test]
fn a_million_rows_take_no_more_memory_than_a_few() {
    let mut child = std::process::Command::new(std::env::current_exe().expect("this program"));
    let child = child
        .args(["--ignored", "--exact", "large::a_million_rows", "--nocapture"])
        .output()
        .expect("run");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}{}", String::from_utf8_lossy(&child.stderr));
    assert!(said.contains("1 passed"), "{said}");
    print!("{said}");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn a_million_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["rows.json", "rows.jsonl", "rows.csv"] {
        let connection = Connection::open(folder.path().join(file)).expect("a database");
        connection
            .execute_batch("PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF; CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL, score REAL); BEGIN")
            .expect("begun");
        let plan = plan(&format!("[[file]]\nfile = '{file}'\ntable = 't'"));
        let options = Options {
            context: None,
            collect: false,
            reporter: &Nobody,
        };
        let report = run(&connection, &plan, &Factory, &options).expect("loaded");
        assert_eq!(counts(&report, 0), (ROWS, ROWS, 0, 0));
        connection.execute_batch("COMMIT").expect("committed");
        let (rows, sum): (u64, u64) = connection
            .query_row("SELECT count(*), sum(id) FROM t", [], |r| Ok((r.get(0)?, r.get(1)?)))
            .expect("rows");
        assert_eq!((rows, sum), (ROWS, ROWS * (ROWS + 1) / 2));
    }
    // Each file has 40 to 60 MB.
    #[cfg(target_os = "linux")]
    {
        println!("peak: {} kB", peak_kb());
        assert!(peak_kb() < 24_000, "{} kB", peak_kb());
    }
}
