//! SQL steps: cut into statements by our rule, which must not cut where SQLite does not, or leave out what SQLite would have run.

use super::told;
use holdfast::sql::{Kind, normalised, statements, tokens};
use holdfast::steps::{Body, Step};
use holdfast::version::Version;
use rusqlite::{Batch, Connection};
use std::path::PathBuf;

thread_local! {
    static DATABASE: Connection = {
        let database = Connection::open_in_memory().expect("memory");
        database.execute_batch("CREATE TABLE t (a, b); CREATE TABLE u (a, b);").expect("tables");
        database
    };
}

pub fn read(bytes: &[u8]) {
    let version: Version = "2.0".parse().expect("a version");
    let step = Step::new((None, &version), "10-any.sql", &|_| Ok(bytes.to_vec()), PathBuf::new());
    let step = match step {
        Ok(step) => step,
        Err(failure) => return told(&failure),
    };
    let Body::Sql(text) = &step.body else { panic!("no SQL") };
    let joined: String = tokens(text).iter().map(|t| t.text).collect();
    assert_eq!(joined, *text);
    normalised(text);
    let mut done = 0;
    for (n, cut) in statements(text).iter().enumerate() {
        let start = cut.text.as_ptr() as usize - text.as_ptr() as usize;
        nothing(&text[done..start]);
        assert_eq!(cut.line, 1 + text[..start].matches('\n').count());
        done = start + cut.text.len();
        // Preparing takes time, and one statement says as much as many.
        if n < 16 {
            one_statement(cut.text, &text[start..]);
        }
    }
    nothing(&text[done..]);
}

/// Between statements stands nothing.
fn nothing(gap: &str) {
    for token in tokens(gap) {
        assert!(token.kind == Kind::Blank || token.text == ";", "left out: {gap:?}");
    }
}

/// What SQLite takes is one statement to it, too, and the whole of it; and what it would take, cut by itself, is not cut short.
fn one_statement(text: &str, rest: &str) {
    DATABASE.with(|database| {
        // A step prepares its statement so; this refuses a second one behind it, and takes none at all.
        if database.prepare(text).is_ok() {
            let first = next(&mut Batch::new(database, text));
            assert!(matches!(first, Ok(true)), "nothing would run: {text:?}");
            assert!(!text.contains('\0'), "SQLite reads no further than a zero byte: {text:?}");
        } else if !text.contains(['$', '@', '#', ':', '?']) {
            // Without variables, for which a step has no values: SQLite's own may hold a semicolon.
            let first = next(&mut Batch::new(database, rest));
            assert!(!matches!(first, Ok(true)), "cut short: {text:?} of {rest:?}");
        }
    });
}

fn next(batch: &mut Batch<'_, '_>) -> rusqlite::Result<bool> {
    use rusqlite::fallible_iterator::FallibleIterator;
    Ok(batch.next()?.is_some())
}
