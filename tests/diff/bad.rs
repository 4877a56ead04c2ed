//! What cannot be compared is refused, with the file, the place in it, and what to do; and nothing is written.

use super::*;
use rusqlite::Connection;

/// Compares a file with itself; it must be refused with a reason and words, divided by bars.
#[track_caller]
fn refused(bytes: impl AsRef<[u8]>, name: &str, code: i32, reason: &str, mentions: &str) {
    let bench = Bench::new();
    write(&bench.path(name), bytes);
    let before = tree(&bench.path(""));
    let ran = diff([bench.path(name), bench.path(name)]).expect(code);
    assert!(ran.stderr.lines().any(|l| l == reason) && ran.stdout.is_empty(), "{ran:?}");
    for words in mentions.split('|') {
        assert!(ran.stderr.contains(words), "“{words}” is not in: {}", ran.stderr);
    }
    assert_eq!(tree(&bench.path("")), before);
}

fn database_bytes(sql: &str) -> Vec<u8> {
    let bench = Bench::new();
    database(&bench.path("a.db"), sql);
    std::fs::read(bench.path("a.db")).expect("bytes")
}

#[test]
fn sql_with_an_error_is_named_by_line() {
    let text = "CREATE TABLE a(b);\n\n-- the second\nCREATE TABLE c(\n  d INT,\n  e INT NOT NOPE\n);\n";
    refused(
        text,
        "new.sql",
        20,
        "PAYLOAD:INVALID",
        "new.sql”, line 6|syntax error|CREATE TABLE c( d INT, e INT NOT NOPE",
    );
    refused(
        "CREATE TABLE a(b);\nINSERT INTO nowhere VALUES (1);",
        "new.sql",
        20,
        "PAYLOAD:INVALID",
        "line 2|no such table: nowhere",
    );
    refused(
        "SELECT unheard(1);",
        "new.sql",
        20,
        "PAYLOAD:INVALID",
        "line 1|no such function: unheard",
    );
    refused("ATTACH 'other.db' AS o;", "new.sql", 20, "PAYLOAD:INVALID", "line 1|in memory");
    refused("VACUUM INTO 'other.db';", "new.sql", 20, "PAYLOAD:INVALID", "line 1|in memory");
}

#[test]
fn what_is_no_text_is_said_to_be_so() {
    refused(
        b"CREATE TABLE a(b);\n-- caf\xe9\n",
        "latin.sql",
        20,
        "PAYLOAD:INVALID",
        "latin.sql|not UTF-8|line 2",
    );
    refused(b"\xff\xfeC\0R\0", "wide.sql", 20, "PAYLOAD:INVALID", "UTF-16|UTF-8");
    let noise: Vec<u8> = (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused(noise, "secret.db", 20, "DATABASE:INVALID", "secret.db|encrypted");
}

#[test]
fn an_encrypted_or_damaged_database_is_refused() {
    let sound = database_bytes("CREATE TABLE t(a); CREATE TABLE u(b);");
    let mut encrypted = sound.clone();
    encrypted[16..].iter_mut().enumerate().for_each(|(n, b)| *b ^= (n * 7 + 1) as u8);
    refused(encrypted, "a.db", 20, "DATABASE:INVALID", "a.db|encrypted");
    let mut damaged = sound.clone();
    damaged[100..400].fill(0xee);
    refused(damaged, "a.db", 20, "DATABASE:CORRUPT", "a.db|damaged");
    refused(&sound[..600], "a.db", 20, "DATABASE:CORRUPT", "a.db|damaged");
}

#[test]
fn a_schema_that_this_sqlite_cannot_parse_is_refused_by_name() {
    let bytes = database_bytes(
        "CREATE TABLE t(a); CREATE TABLE fine(b); PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a FROM THE FUTURE((' WHERE name = 't'",
    );
    refused(
        bytes,
        "a.db",
        20,
        "DATABASE:UNSUPPORTED",
        "a.db|cannot read the schema|(t)|syntax error",
    );
}

#[test]
fn a_locked_database_is_busy() {
    let bench = Bench::new();
    database(&bench.path("a.db"), "CREATE TABLE t(a)");
    let application = Connection::open(bench.path("a.db")).expect("a database");
    application.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    let ran = diff([bench.path("a.db"), bench.path("a.db")]).expect(50);
    assert!(
        ran.stderr.contains("DATABASE:BUSY") && ran.stderr.contains("a.db") && ran.stderr.contains("Close that program"),
        "{ran:?}"
    );
    // Any command of the desk says so.
    let ran = run(Command::new(HOLDFAST)
        .arg("export")
        .arg(bench.path("a.db"))
        .arg("--out")
        .arg(bench.path("a.zip")))
    .expect(50);
    assert!(ran.stderr.contains("DATABASE:BUSY"), "{ran:?}");
}

#[test]
fn a_write_that_was_cut_off_is_not_rolled_back() {
    let bench = Bench::new();
    let path = bench.path("a.db");
    let application = Connection::open(&path).expect("a database");
    application
        .execute_batch(
            "PRAGMA cache_size=1; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(90000)); BEGIN; UPDATE t SET a = randomblob(90000)",
        )
        .expect("begun");
    let crashed = bench.path("crashed.db");
    std::fs::copy(&path, &crashed).expect("copied");
    std::fs::copy(bench.path("a.db-journal"), bench.path("crashed.db-journal")).expect("copied");
    drop(application);
    let before = tree(&bench.path(""));
    let ran = diff([&crashed, &crashed]).expect(20);
    assert!(
        ran.stderr.contains("DATABASE:UNFINISHED") && ran.stderr.contains("crashed.db"),
        "{ran:?}"
    );
    assert_eq!(tree(&bench.path("")), before);
}

#[test]
fn words_that_mean_nothing() {
    let bench = Bench::new();
    write(&bench.path("a.sql"), "CREATE TABLE t(a)");
    let a = bench.path("a.sql").display().to_string();
    for (word, mentions) in [
        (bench.path("none.db").display().to_string(), "There is no|none.db|FOLDER@VERSION"),
        (bench.path("").display().to_string(), "is no payload|holdfast.toml"),
        (format!("{}@1.0", bench.path("").display()), "is no payload|holdfast.toml"),
        (format!("{}@one", bench.path("").display()), "“one”|not a version"),
    ] {
        let ran = diff([a.as_str(), word.as_str()]).expect(20);
        mentions.split('|').for_each(|m| assert!(ran.stderr.contains(m), "{m}: {ran:?}"));
    }
    let ran = diff([a.as_str(), a.as_str(), "--mask", "("]).expect(20);
    assert!(ran.stderr.contains("mask “(”"), "{ran:?}");
}
