//! A file that is no file of rows: one value without end must not take the machine's memory.

use crate::desk::plan;
use holdfast::failure::{Reason, Result};
use holdfast::load::{Files, Options, run};
use holdfast::report::Nobody;
use rusqlite::Connection;
use std::io::Read;

struct Endless;

impl Files for Endless {
    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>> {
        let begin = if name == "a.csv" { "a\n\"" } else { "[{\"a\":\"" };
        Ok(Box::new(begin.as_bytes().chain(std::io::repeat(b'x'))))
    }
}

#[test]
fn a_row_without_end_is_refused() {
    for file in ["a.csv", "a.json", "a.jsonl"] {
        let connection = Connection::open_in_memory().expect("memory");
        connection
            .execute_batch("PRAGMA foreign_keys=OFF; CREATE TABLE t(a); BEGIN")
            .expect("begun");
        let options = Options {
            context: None,
            collect: false,
            reporter: &Nobody,
        };
        let failure = run(
            &connection,
            &plan(&format!("[[file]]\nfile = '{file}'\ntable = 't'")),
            &Endless,
            &options,
        )
        .expect_err(file);
        assert_eq!(failure.reason, Reason::StepFailed);
        assert!(failure.message.contains("holds a row longer than 256 MB"), "{}", failure.message);
    }
}
