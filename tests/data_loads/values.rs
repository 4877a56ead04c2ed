//! What a value becomes in a column, and what is refused rather than changed.

use crate::desk::*;

/// Loads one JSON value into a column of a type; the stored value with its type, or the complaint.
fn stored(column: &str, more: &str, json: &str) -> String {
    let strict = if column.ends_with("STRICT") { ") STRICT" } else { ")" };
    let schema = format!(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v {}{strict}",
        column.trim_end_matches("STRICT")
    );
    let text = format!("[{{\"id\":1,\"v\":{json}}}]");
    let (connection, report) = one(&schema, &format!("table = 't'\n{more}"), "a.json", text);
    told(&connection, report.err())
}

fn told(connection: &rusqlite::Connection, failure: Option<holdfast::failure::Failure>) -> String {
    match failure {
        None => ask(connection, "SELECT v FROM t"),
        Some(failure) => {
            assert_eq!(ask(connection, "SELECT count(*) FROM t"), "0");
            format!("refused: {}", failure.fields["reason"].as_str().expect("a reason"))
        }
    }
}

const WHOLE: &str = "refused: must be a whole number of at most 64 bits, without point or exponent";

const BIG: &str = "refused: would have to round 9223372036854775808: whole numbers go to 64 bits, others to the digits of a double";

const JSON: &[(&str, &str, &str)] = &[
    ("INTEGER", "9223372036854775807", "9223372036854775807"),
    ("INTEGER", "-9223372036854775808", "-9223372036854775808"),
    ("INTEGER", "9223372036854775808", BIG),
    ("REAL", "9223372036854775808", BIG),
    ("", "9223372036854775808", BIG),
    ("TEXT", "9223372036854775808", BIG),
    ("DECIMAL(10,2)", "9223372036854775808", BIG),
    ("INTEGER", "1.0", WHOLE),
    ("INTEGER", "1e3", WHOLE),
    ("INTEGER", "1.5", WHOLE),
    ("INTEGER", "\"7\"", "7"),
    ("INTEGER", "\"seven\"", WHOLE),
    ("INTEGER", "true", "1"),
    ("INTEGER", "false", "0"),
    ("INTEGER", "null", "NULL"),
    ("TEXT", "true", "refused: takes text: write \"true\" in quotes, or 1 or 0"),
    ("TEXT", "\"007\"", "'007'"),
    ("TEXT", "7001", "'7001'"),
    ("TEXT", "1.50", "refused: takes text: write \"1.50\" in quotes"),
    ("TEXT", "\"a\\u0000b\\ud83d\\ude00\"", "'a\0b😀'"),
    (
        "TEXT",
        "\"\\ud83d\"",
        "refused: is no text that can be kept: unexpected end of hex escape",
    ),
    ("REAL", "5", "5.0"),
    (
        "REAL",
        "9007199254740993",
        "refused: would have to round 9007199254740993: it keeps doubles",
    ),
    ("REAL", "0.1", "0.1"),
    ("REAL", "9e999", "inf"),
    ("REAL", "-9e999", "-inf"),
    (
        "REAL",
        "12345678901234567.89",
        "refused: would have to round 12345678901234567.89: whole numbers go to 64 bits, others to the digits of a double",
    ),
    ("DECIMAL(10,2)", "10.50", "10.5"),
    ("DECIMAL(10,2)", "10.00", "10"),
    ("DATETIME", "\"2024-01-31 10:00:00\"", "'2024-01-31 10:00:00'"),
    (
        "STRING",
        "\"007\"",
        "refused: takes numbers, and “007” would be rewritten; write the number plainly, or make the column TEXT",
    ),
    ("", "5", "5"),
    ("", "5.0", "5.0"),
    ("", "-0.0", "-0.0"),
    ("", "\"007\"", "'007'"),
    ("TEXT", "[1, {\"a\" : \"b \\\" c\"} ]", "'[1,{\"a\":\"b \\\" c\"}]'"),
    ("JSON", "{\"a\": 1.50}", "'{\"a\":1.50}'"),
    ("TEXT", "{\"a\": [{\"b\":1,\"b\":2}]}", "refused: holds “b” twice in one object"),
    (
        "INTEGER",
        "[1]",
        "refused: cannot take an array or an object: only a column of text does",
    ),
    (
        "BLOB",
        "{\"a\":1}",
        "refused: cannot take an array or an object: only a column of text does",
    ),
    ("BLOB", "{\"$blob\":\"00Ff\"}", "x'00ff'"),
    ("BLOB", "{\"$blob\":\"\"}", "x''"),
    (
        "TEXT",
        "{\"$blob\":\"0\"}",
        "refused: must be written {\"$blob\": \"00ff\"}: two hexadecimal digits a byte",
    ),
    (
        "TEXT",
        "{\"$blob\":\"é0\"}",
        "refused: must be written {\"$blob\": \"00ff\"}: two hexadecimal digits a byte",
    ),
    (
        "TEXT",
        "{\"$blob\":17}",
        "refused: must be written {\"$blob\": \"00ff\"}: two hexadecimal digits a byte",
    ),
    (
        "INTEGER",
        "{\"$blob\":\"00\"}",
        "refused: must be a whole number of at most 64 bits, without point or exponent, and this is a blob",
    ),
    ("VARCHAR(3)", "\"été\"", "'été'"),
    (
        "VARCHAR(3)",
        "\"étés\"",
        "refused: must not be longer than 3 characters (VARCHAR(3)), and it has 4",
    ),
    ("INTEGER STRICT", "1.5", WHOLE),
    ("TEXT STRICT", "{\"$blob\":\"00\"}", "refused: must be text, and this is a blob"),
    ("BLOB STRICT", "\"x\"", "refused: takes blobs, and this is text"),
    ("BLOB STRICT", "1", "refused: takes blobs, and this is a number"),
    ("ANY STRICT", "\"007\"", "'007'"),
    ("REAL STRICT", "5", "5.0"),
];

#[test]
fn json_values_are_kept_or_refused() {
    for (column, json, expected) in JSON {
        assert_eq!(stored(column, "", json), *expected, "{json} into {column}");
    }
}

#[test]
fn without_validation_nothing_is_rewritten_either() {
    for (column, json, expected) in [
        ("INTEGER", "\"seven\"", "'seven'"),
        ("INTEGER", "\"\"", "''"),
        ("INTEGER", "1.5", "1.5"),
        ("INTEGER", "1e3", WHOLE),
        (
            "INTEGER",
            "\"007\"",
            "refused: takes numbers, and “007” would be rewritten; write the number plainly, or make the column TEXT",
        ),
        ("INTEGER", "{\"$blob\":\"00\"}", "x'00'"),
        ("VARCHAR(3)", "\"étés\"", "'étés'"),
        ("INTEGER STRICT", "\"seven\"", WHOLE),
        ("TEXT NOT NULL", "null", "refused: must not be empty"),
    ] {
        assert_eq!(stored(column, "validate = false", json), expected, "{json} into {column}");
    }
}

#[test]
fn csv_takes_the_type_of_the_column() {
    let rewritten =
        |text: &str| format!("refused: takes numbers, and “{text}” would be rewritten; write the number plainly, or make the column TEXT");
    for (column, field, expected) in [
        ("TEXT", "007", "'007'".to_owned()),
        ("TEXT", "1.50", "'1.50'".to_owned()),
        ("", "5", "'5'".to_owned()),
        ("INTEGER", "7", "7".to_owned()),
        ("INTEGER", "1e3", WHOLE.to_owned()),
        ("INTEGER", "007", rewritten("007")),
        ("INTEGER", " 7", rewritten(" 7")),
        ("INTEGER", "seven", WHOLE.to_owned()),
        ("REAL", "7", "7.0".to_owned()),
        ("REAL", "1e3", "1000.0".to_owned()),
        ("REAL", "about", "refused: must be a number".to_owned()),
        ("NUMERIC", "2024-01-31", "'2024-01-31'".to_owned()),
        ("INTEGER", "", "NULL".to_owned()),
        ("BOOLEAN", "true", "1".to_owned()),
        ("BOOLEAN", "FALSE", "0".to_owned()),
        ("bool", "1", "1".to_owned()),
        ("BOOLEAN", "yes", "refused: must be true, false, 1 or 0".to_owned()),
        ("TEXT", "true", "'true'".to_owned()),
    ] {
        let schema = format!("CREATE TABLE t(id INTEGER PRIMARY KEY, v {column})");
        let (connection, report) = one(&schema, "table = 't'", "a.csv", format!("id,v\n1,{field}\n"));
        assert_eq!(told(&connection, report.err()), expected, "{field} into {column}");
    }
}

#[test]
fn computed_columns_are_refused() {
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT GENERATED ALWAYS AS ('x' || id) VIRTUAL)";
    let failure = refusal(schema, "table = 't'", "a.json", "[{\"id\":1,\"v\":\"x\"}]");
    assert!(
        failure
            .message
            .ends_with("key id = 1: column “v” is computed by the database and cannot be loaded."),
        "{}",
        failure.message
    );
    let (connection, report) = one(schema, "table = 't'", "a.json", "[{\"id\":1}]");
    report.expect("loaded");
    assert_eq!(ask(&connection, "SELECT * FROM t"), "1|'x1'");
}
