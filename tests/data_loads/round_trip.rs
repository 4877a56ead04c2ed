//! A table written out and loaded into an empty one of the same kind has the same rows: every value, every type, every blob.

use crate::desk::*;
use holdfast::failure::Reason;
use holdfast::load::write_table;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

/// A generator of its own: the same numbers on every machine (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(12)).map(|_| self.next() as u8).collect()
    }

    /// A value, and whether it is text that may not be UTF-8.
    fn value(&mut self) -> (Value, Option<Vec<u8>>) {
        let integers = [0, 1, -1, i64::MAX, i64::MIN, 1 << 53, (1 << 53) + 1];
        let reals = [
            0.0,
            -0.0,
            5.0,
            -5.0,
            0.1,
            1e300,
            5e-324,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e18,
            9.3e18,
            1.0 / 3.0,
            123456789.125,
        ];
        let texts = [
            "",
            "007",
            "1e3",
            "5",
            " 5",
            "-0",
            "abc",
            "a\0b",
            "\0",
            "\"quoted\"",
            "line\nline\r\n",
            "{\"$blob\":\"00\"}",
            "null",
            "é😀",
            "\u{feff}x",
            "9e999",
        ];
        let value = match self.below(8) {
            0 => Value::Null,
            1 => Value::Integer(self.of(&integers)),
            2 => Value::Integer(self.next() as i64),
            3 => Value::Real(self.of(&reals)),
            4 => match f64::from_bits(self.next()) {
                real if real.is_nan() => Value::Null,
                real => Value::Real(real),
            },
            5 => Value::Text(self.of(&texts).to_owned()),
            6 => return (Value::Null, Some(self.bytes())),
            _ => Value::Blob(self.bytes()),
        };
        (value, None)
    }
}

/// All values with their storage classes, text as bytes.
fn content(connection: &Connection, table: &str) -> Vec<Vec<(u8, Vec<u8>)>> {
    let mut statement = connection
        .prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1"))
        .expect("a table");
    let width = statement.column_count();
    let value = |value: ValueRef<'_>| match value {
        ValueRef::Null => (0, Vec::new()),
        ValueRef::Integer(i) => (1, i.to_le_bytes().to_vec()),
        ValueRef::Real(r) => (2, r.to_bits().to_le_bytes().to_vec()),
        ValueRef::Text(t) => (3, t.to_vec()),
        ValueRef::Blob(b) => (4, b.to_vec()),
    };
    let rows = statement.query_map([], |r| {
        (0..width).map(|n| r.get_ref(n).map(value)).collect::<rusqlite::Result<Vec<_>>>()
    });
    rows.expect("rows").collect::<rusqlite::Result<_>>().expect("rows")
}

fn there_and_back(schema: &str, table: &str, from: &Connection) -> String {
    let mut text = Vec::new();
    let written = write_table(from, table, &mut text).unwrap_or_else(|f| panic!("{schema}: {f}"));
    let back = database(schema);
    let plan = format!("[[file]]\nfile = 't.jsonl'\ntable = \"{table}\"\nvalidate = false");
    let report = load(&back, &plan, &Folder::default().with("t.jsonl", &text));
    let report = report.unwrap_or_else(|f| panic!("{schema}: {f}"));
    assert_eq!(report.files[0].inserted, written);
    assert_eq!(content(&back, table), content(from, table), "{schema}");
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn rows_of_random_tables_come_back_as_they_were() {
    const TYPES: [&str; 14] = [
        "",
        "INTEGER",
        "INT",
        "TEXT",
        "REAL",
        "BLOB",
        "NUMERIC",
        "DECIMAL(10,2)",
        "VARCHAR(3)",
        "DATETIME",
        "BOOLEAN",
        "JSON",
        "DOUBLE",
        "STRING",
    ];
    const STRICT: [&str; 6] = ["INTEGER", "INT", "TEXT", "REAL", "BLOB", "ANY"];
    let mut chance = Chance(4);
    let (mut rows, mut refused) = (0, 0);
    for n in 0..300 {
        let strict = n % 3 == 0;
        let types: &[&str] = if strict { &STRICT } else { &TYPES };
        let width = 1 + chance.below(6);
        let columns: Vec<String> = (0..width).map(|n| format!("\"c {n}\" {}", chance.of(types))).collect();
        let end = [["", " WITHOUT ROWID"], [" STRICT", " STRICT, WITHOUT ROWID"]][usize::from(strict)][chance.below(2)];
        let schema = format!(
            "CREATE TABLE \"a \"\"table\"(id INTEGER PRIMARY KEY, {}, twice GENERATED ALWAYS AS (id * 2)){end}",
            columns.join(", ")
        )
        .replace(" AS (id * 2)", if strict { " AS (id * 2) STORED" } else { " AS (id * 2)" })
        .replace("twice GEN", if strict { "twice INT GEN" } else { "twice GEN" });
        let from = Connection::open_in_memory().expect("memory");
        from.execute_batch(&schema).unwrap_or_else(|e| panic!("{schema}: {e}"));
        let names: Vec<String> = (0..width).map(|n| format!("\"c {n}\"")).collect();
        let marks = vec!["?"; width].join(", ");
        let sql = format!("INSERT INTO \"a \"\"table\"(id, {}) VALUES (?, {marks})", names.join(", "));
        let mut insert = from.prepare(&sql).expect("insert");
        for id in 0..20 {
            insert.raw_bind_parameter(1, id - 10).expect("bound");
            for n in 0..width {
                let (value, bytes) = chance.value();
                match &bytes {
                    Some(bytes) => insert.raw_bind_parameter(n + 2, ToSqlOutput::Borrowed(ValueRef::Text(bytes))),
                    None => insert.raw_bind_parameter(n + 2, value),
                }
                .expect("bound");
            }
            // A STRICT table refuses many of them.
            match insert.raw_execute() {
                Ok(_) => rows += 1,
                Err(_) => refused += 1,
            }
        }
        drop(insert);
        // The quotes of the table's name are doubled in SQL, and single in TOML and for the library.
        let mut text = Vec::new();
        let name = "a \"table";
        let written = write_table(&from, name, &mut text).unwrap_or_else(|f| panic!("{schema}: {f}"));
        let back = database(&schema);
        let plan = format!("[[file]]\nfile = 't.jsonl'\ntable = '{name}'\nvalidate = false");
        let report = load(&back, &plan, &Folder::default().with("t.jsonl", &text)).unwrap_or_else(|f| panic!("{schema}: {f}"));
        assert_eq!(report.files[0].inserted, written);
        assert_eq!(content(&back, "a \"\"table"), content(&from, "a \"\"table"), "{schema}");
    }
    assert!(rows > 3000 && refused > 300, "{rows} rows, {refused} refused");
}

#[test]
fn values_at_the_edge_are_written_plainly() {
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)";
    let from = Connection::open_in_memory().expect("memory");
    from.execute_batch(schema).expect("a table");
    from.execute_batch(
        "INSERT INTO t(v) VALUES (9223372036854775807), (-9223372036854775808), (5.0), (-0.0), (9e999), (-9e999), (1e-320), ('a' || char(0)), (x''),
         (CAST(x'61ff' AS TEXT)), (NULL)",
    )
    .expect("rows");
    let text = there_and_back(schema, "t", &from);
    let values: Vec<&str> = text
        .lines()
        .map(|l| l.split_once("\"v\":").expect("v").1.trim_end_matches('}'))
        .collect();
    assert_eq!(
        values,
        [
            "9223372036854775807",
            "-9223372036854775808",
            "5.0",
            "-0.0",
            "9e999",
            "-9e999",
            "1e-320",
            "\"a\\u0000\"",
            "{\"$blob\":\"\"",
            "{\"$text\":\"61ff\"",
            "null"
        ]
    );
}

#[test]
fn an_empty_table_is_written_and_loaded() {
    let schema = "CREATE TABLE t(a)";
    let from = Connection::open_in_memory().expect("memory");
    from.execute_batch(schema).expect("a table");
    assert_eq!(there_and_back(schema, "t", &from), "\n");
}

#[test]
fn what_could_not_be_loaded_again_is_refused() {
    let from = Connection::open_in_memory().expect("memory");
    from.execute_batch("CREATE TABLE t(a TEXT, b INTEGER); CREATE VIEW v AS SELECT 1; INSERT INTO t VALUES (1, 'x')")
        .expect("a table");
    // The type of a column that was changed behind the database's back.
    from.execute_batch("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a INTEGER, b INTEGER)' WHERE name = 't'")
        .expect("changed");
    from.execute_batch("PRAGMA writable_schema=RESET").expect("read again");
    let failure = write_table(&from, "t", &mut Vec::new()).expect_err("it would come back as a number");
    assert_eq!(failure.reason, Reason::RowRejected);
    assert_eq!(
        failure.message,
        "Row 1 of table “t” cannot be written out: column “a” holds “1”, which a column of type INTEGER would not take back as it is. \
         Correct the value in the database first."
    );
    for (table, expected) in [
        ("tt", "did you mean “t”?"),
        ("v", "is a view"),
        ("sqlite_schema", "is no table of the application"),
    ] {
        let failure = write_table(&from, table, &mut Vec::new()).expect_err(table);
        assert!(failure.message.contains(expected), "{}", failure.message);
    }
}
