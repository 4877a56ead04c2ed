//! What is said of random rows, against what happens when they are put into the new table one by one.

use crate::weighed::Case;
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql, params_from_iter};

/// Each seed is a case of its own.
const SEEDS: u64 = 60;

/// Values of all kinds, many of them near each other.
const VALUES: [&str; 34] = [
    "NULL",
    "NULL",
    "0",
    "1",
    "7",
    "-7",
    "9007199254740993",
    "9223372036854775807",
    "0.5",
    "1.0",
    "7.25",
    "1e300",
    "'7'",
    "'007'",
    "'7.0'",
    "'7.25'",
    "'1e3'",
    "' 7'",
    "'1e400'",
    "'12345678901234567890'",
    "''",
    "' '",
    "'a'",
    "'A'",
    "'a '",
    "'7a'",
    "'-'",
    "'.5'",
    "'+7'",
    "x'37'",
    "x''",
    "CAST(x'3700' AS TEXT)",
    "CAST(x'ff' AS TEXT)",
    "'öÖ'",
];
const TYPES: [&str; 7] = ["TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB", "VARCHAR(2)", ""];
const STRICT: [&str; 6] = ["TEXT", "INTEGER", "INT", "REAL", "BLOB", "ANY"];
const COLLATIONS: [&str; 3] = ["BINARY", "NOCASE", "RTRIM"];
const CHECKS: [&str; 7] = [
    "c < 5",
    "c > 'A'",
    "c IN (7, 'a', '0.5')",
    "c = 'a'",
    "length(c) < 3",
    "typeof(c) <> 'real'",
    "c BETWEEN '0' AND 9",
];

fn any<'a>(random: &mut fastrand::Rng, from: &[&'a str]) -> &'a str {
    from[random.usize(..from.len())]
}

/// An old table of random values, and a new one of one column more or less strict.
struct Pair {
    old: String,
    new: String,
}

impl Pair {
    fn new(random: &mut fastrand::Rng, constraint: &str, is_strict: bool) -> Pair {
        let (was, collated) = (any(random, &TYPES), any(random, &COLLATIONS));
        let mut old = format!("CREATE TABLE t(id INTEGER PRIMARY KEY, c {was} COLLATE {collated});");
        for _ in 0..random.usize(1..40) {
            old += &format!("INSERT INTO t(c) VALUES({});", any(random, &VALUES));
        }
        let now = if is_strict { any(random, &STRICT) } else { any(random, &TYPES) };
        let strict = if is_strict { " STRICT" } else { "" };
        let collation = any(random, &COLLATIONS);
        let new = format!("CREATE TABLE t(id INTEGER PRIMARY KEY, c {now} COLLATE {collation} {constraint}){strict};");
        Pair { old, new }
    }

    /// Old values with what the new table holds instead; `None` where it refused the row.
    fn happened(&self) -> Vec<(Held, Option<Held>)> {
        let (old, new) = (memory(&self.old), memory(&self.new));
        let mut rows = old.prepare("SELECT id, c FROM t ORDER BY id").expect("rows");
        let mut rows = rows.query([]).expect("rows");
        let mut happened = Vec::new();
        while let Some(row) = rows.next().expect("a row") {
            let id: i64 = row.get(0).expect("a key");
            let given = Held::of(row.get_ref(1).expect("a value"));
            let put = new.execute("INSERT INTO t(id, c) VALUES(?1, ?2)", params_from_iter([&id as &dyn ToSql, &given]));
            let stored = put.ok().map(|_| {
                new.query_row("SELECT c FROM t WHERE id = ?1", [id], |r| Ok(Held::of(r.get_ref(0)?)))
                    .expect("the row is there")
            });
            happened.push((given, stored));
        }
        happened
    }

    /// How many rows are said to be affected by the only difference of a kind; 0 if there is no difference that touches rows.
    fn said(&self, kind: &str) -> Option<(u64, String)> {
        let findings = Case::new(&self.old, &self.new).findings(&[]);
        let finding = findings.into_iter().find(|f| f["kind"] == kind)?;
        let sentence = finding["weight"]["sentence"].as_str().unwrap_or_default().to_owned();
        Some((finding["weight"]["rows"].as_u64().unwrap_or(0), sentence))
    }
}

fn memory(sql: &str) -> Connection {
    let connection = Connection::open_in_memory().expect("memory");
    connection.execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    connection
}

/// A value, text by its bytes.
#[derive(Debug, Clone, PartialEq)]
enum Held {
    Text(Vec<u8>),
    Other(Value),
}

impl Held {
    fn of(value: rusqlite::types::ValueRef<'_>) -> Held {
        match value {
            rusqlite::types::ValueRef::Text(bytes) => Held::Text(bytes.to_vec()),
            other => Held::Other(other.try_into().expect("a value")),
        }
    }

    /// As SQLite writes it.
    fn text(&self) -> Vec<u8> {
        let text = "SELECT CAST(?1 AS BLOB)";
        memory("")
            .query_row(text, [self], |r| r.get::<_, Option<Vec<u8>>>(0))
            .expect("a text")
            .unwrap_or_default()
    }

    /// Whether it says the same as another one: an integer's text, or a number's, is no other value.
    fn is_said_by(&self, other: &Held) -> bool {
        match (self, other) {
            (Held::Other(Value::Integer(a)), Held::Other(Value::Real(b))) => *b as i128 == i128::from(*a),
            (Held::Other(Value::Real(a)), Held::Other(Value::Integer(b))) => *a == *b as f64,
            // A reshape trusts 15 digits of a number's text, and no more.
            (Held::Other(Value::Real(a)), Held::Text(b)) => {
                String::from_utf8_lossy(b).parse() == Ok(*a) && format!("{a:.14e}").parse() == Ok(*a)
            }
            // How a number was written counts; the integer alone may become 7.0.
            (Held::Text(a), Held::Other(Value::Real(b))) => match String::from_utf8_lossy(a).parse::<i64>() {
                Ok(n) => n.to_string().as_bytes() == a && *b as i128 == i128::from(n),
                Err(_) => b.fract() != 0.0 && *a == other.text(),
            },
            (a, b) if std::mem::discriminant(a) == std::mem::discriminant(b) => a == b,
            (a, b) => a.text() == b.text(),
        }
    }
}

impl ToSql for Held {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Held::Text(bytes) => ValueRef::Text(bytes),
            Held::Other(value) => value.into(),
        }))
    }
}

/// The number that stands before a part of a sentence; 0 if the part is not there.
fn number_before(sentence: &str, part: &str) -> usize {
    let said = sentence
        .split_inclusive(". ")
        .find(|s| s.contains(part) && !s.starts_with("None") && !s.starts_with("It is not"));
    said.map_or(0, |s| {
        let word = s.trim_start_matches("All ").split(' ').next().unwrap_or_default();
        if s.starts_with("The only") {
            1
        } else {
            word.replace(',', "").parse().expect(s)
        }
    })
}

#[test]
fn uniqueness_refuses_as_many_rows_as_are_said() {
    for seed in 0..SEEDS {
        let random = &mut fastrand::Rng::with_seed(seed);
        let pair = Pair::new(random, "UNIQUE", false);
        let refused = pair.happened().iter().filter(|(_, stored)| stored.is_none()).count();
        let said = pair.said("unique").map_or(0, |(rows, _)| rows);
        assert_eq!(said, refused as u64, "seed {seed}: {} {}", pair.old, pair.new);
    }
}

#[test]
fn a_check_refuses_as_many_rows_as_are_said() {
    for seed in 0..SEEDS {
        let random = &mut fastrand::Rng::with_seed(seed);
        let check = any(random, &CHECKS);
        let pair = Pair::new(random, &format!("CHECK ({check})"), false);
        let refused = pair.happened().iter().filter(|(_, stored)| stored.is_none()).count();
        let said = pair.said("check").map_or(0, |(rows, _)| rows);
        assert_eq!(said, refused as u64, "seed {seed}: {} {}", pair.old, pair.new);
    }
}

#[test]
fn strict_types_refuse_and_change_as_many_values_as_are_said() {
    for seed in 0..SEEDS {
        let random = &mut fastrand::Rng::with_seed(seed);
        let pair = Pair::new(random, "", true);
        let happened = pair.happened();
        let refused = happened.iter().filter(|(_, stored)| stored.is_none()).count();
        let said = pair.said("table").expect("STRICT").0;
        assert_eq!(said, refused as u64, "seed {seed}: {} {}", pair.old, pair.new);
    }
}

#[test]
fn another_type_changes_as_many_values_as_are_said() {
    for seed in 0..SEEDS * 2 {
        let random = &mut fastrand::Rng::with_seed(seed);
        let pair = Pair::new(random, "", false);
        let happened = pair.happened();
        let Some((_, sentence)) = pair.said("type") else { continue };
        let changed: Vec<_> = happened
            .iter()
            .filter(|(given, stored)| !stored.as_ref().is_some_and(|s| given.is_said_by(s)))
            .collect();
        let said = number_before(&sentence, "would become another one");
        assert_eq!(
            said,
            changed.len(),
            "seed {seed}: {sentence}\n{changed:?}\n{} {}",
            pair.old,
            pair.new
        );
    }
}

#[test]
fn a_reference_fails_for_as_many_rows_as_are_said() {
    for seed in 0..SEEDS {
        let random = &mut fastrand::Rng::with_seed(seed);
        let (parent, child) = (any(random, &TYPES), any(random, &TYPES));
        let (was, now) = (any(random, &COLLATIONS), any(random, &COLLATIONS));
        let (type_now, child_now) = (
            any(random, &[parent, parent, "TEXT", "INTEGER"]),
            any(random, &[child, child, "REAL"]),
        );
        let index = any(random, &["", "CREATE INDEX i ON p(k);"]);
        let mut rows = String::new();
        for _ in 0..12 {
            rows += &format!("INSERT OR IGNORE INTO p VALUES({});", any(random, &VALUES));
            rows += &format!("INSERT INTO t(c) VALUES({});", any(random, &VALUES));
        }
        let old = format!("CREATE TABLE p(k {parent} COLLATE {was}); CREATE TABLE t(id INTEGER PRIMARY KEY, c {child}); {index} {rows}");
        let new = format!(
            "CREATE TABLE p(k {type_now} COLLATE {now} UNIQUE); CREATE TABLE t(id INTEGER PRIMARY KEY, c {child_now} REFERENCES p(k));"
        );
        let copy = memory(&format!("PRAGMA foreign_keys=OFF; {new}"));
        let pair = Pair { old, new };
        let source = memory(&pair.old);
        for (from, to) in [("p", "INSERT OR IGNORE INTO p VALUES(?1)"), ("t", "INSERT INTO t(c) VALUES(?1)")] {
            let mut all = source
                .prepare(&format!("SELECT {} FROM {from}", if from == "p" { "k" } else { "c" }))
                .expect("rows");
            let mut all = all.query([]).expect("rows");
            while let Some(row) = all.next().expect("a row") {
                copy.execute(to, [Held::of(row.get_ref(0).expect("a value"))]).expect("a row");
            }
        }
        let orphans: u64 = copy
            .query_row("SELECT count(*) FROM pragma_foreign_key_check('t')", [], |r| r.get(0))
            .expect("a check");
        let said = pair.said("foreign_key").expect("the reference is new").0;
        assert_eq!(said, orphans, "seed {seed}: {} {}", pair.old, pair.new);
    }
}
