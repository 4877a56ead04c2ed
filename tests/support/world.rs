//! One of the two worlds in which a site may be found: files and database as they count for the crash matrices.

use super::*;

/// What a folder holds.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct World {
    files: BTreeMap<String, String>,
    content: String,
    steps: String,
}

impl World {
    /// Of a folder with its database, which is given below it.
    pub fn of(folder: &Path, database: &str) -> World {
        World::without(folder, database, &[])
    }

    /// The same, but for the rows that a live application has written to these tables.
    pub fn without(folder: &Path, database: &str, shop: &[&str]) -> World {
        let mut files = tree(folder);
        files.retain(|path, _| path != "log.txt" && path != "operations");
        let path = folder.join(database);
        // The ledger holds times, so the database counts by its content; it is looked at in a copy.
        let copies = tempfile::tempdir().expect("a temporary folder");
        for suffix in ["", "-wal", "-journal"] {
            let from = PathBuf::from(format!("{}{suffix}", path.display()));
            if from.exists() {
                fs::copy(&from, copies.path().join(format!("copy.db{suffix}"))).expect("a copy");
            }
        }
        files.remove(database);
        let copy = copies.path().join("copy.db");
        if path.exists() {
            forget(&copy, shop);
        }
        let (content, steps) = match path.exists() {
            true => (content(&copy), steps(&copy)),
            false => ("no database".to_owned(), String::new()),
        };
        World { files, content, steps }
    }
}

fn forget(database: &Path, shop: &[&str]) {
    for table in shop {
        if ask(database, &format!("SELECT count(*) FROM sqlite_schema WHERE name = '{table}'")) == "1" {
            let connection = Connection::open(database).expect("a database");
            let removed = connection.execute_batch(&format!("DELETE FROM {table} WHERE id >= {}", matrix::SOLD));
            removed.expect("rows of the live application");
        }
    }
}

/// What the ledger says of the steps that ran, but for times and the run.
fn steps(database: &Path) -> String {
    match ask(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'holdfast_ledger'").as_str() {
        "0" => String::new(),
        _ => ask(
            database,
            "SELECT group_concat(concat_ws(' ', version, step, kind, checksum, source, table_name, rows_read, rows_inserted, rows_updated), char(10))
             FROM (SELECT * FROM holdfast_ledger ORDER BY id)",
        ),
    }
}
