//! The forms of files, whole and broken.

use crate::desk::*;
use holdfast::failure::Reason;

const SCHEMA: &str = "CREATE TABLE country(code TEXT PRIMARY KEY, name TEXT NOT NULL, people INTEGER)";
const ROWS: &str = "'FR'|'France'|68\n'ES'|'España'|48";

#[test]
fn every_form_gives_the_same_rows() {
    let json =
        "[\n {\"code\": \"FR\", \"name\": \"France\", \"people\": 68},\n {\"code\":\"ES\",\"name\":\"Espa\\u00f1a\",\"people\":48} ]\n";
    let lines = "{\"code\": \"FR\", \"name\": \"France\", \"people\": 68}\n\n {\"people\":48,\"code\":\"ES\",\"name\":\"España\"}";
    let csv = "code,name,people\nFR,France,68\n\"ES\",\"España\",48\n";
    for (file, more, text) in [
        ("a.json", "", json.to_owned()),
        ("a.json", "", json.replace('\n', "\r\n")),
        ("a.json", "", format!("\u{feff}{json}")),
        ("a.jsonl", "", lines.to_owned()),
        ("a.ndjson", "", lines.replace('\n', "\r\n")),
        ("a.data", "format = 'jsonl'", format!("\u{feff}{lines}\n")),
        ("a.csv", "", csv.to_owned()),
        ("a.csv", "", csv.replace('\n', "\r\n")),
        ("a.CSV", "", format!("\u{feff}{}", csv.trim_end())),
        ("a.csv", "delimiter = ';'", csv.replace(',', ";")),
        ("a.csv", "delimiter = \"\\t\"", csv.replace(',', "\t")),
    ] {
        let (connection, report) = one(SCHEMA, &format!("table = 'COUNTRY'\n{more}"), file, &text);
        let report = report.unwrap_or_else(|failure| panic!("{text:?}: {failure}"));
        assert_eq!(counts(&report, 0), (2, 2, 0, 0), "{text:?}");
        assert_eq!(report.files[0].table, "country");
        assert_eq!(ask(&connection, "SELECT * FROM country"), ROWS, "{text:?}");
    }
}

#[test]
fn csv_fields_hold_what_their_quotes_say() {
    let schema = "CREATE TABLE t(a TEXT, b TEXT)";
    let text = "a,b\r\n\"one, \"\"two\"\"\r\nthree\",\r\n\r\n\"\",x\n";
    for (empty, expected) in [
        ("", "'one, \"two\"\r\nthree'|NULL\nNULL|'x'"),
        ("empty = 'text'", "'one, \"two\"\r\nthree'|''\n''|'x'"),
        ("empty = 'quoted'", "'one, \"two\"\r\nthree'|NULL\n''|'x'"),
    ] {
        let (connection, report) = one(schema, &format!("table = 't'\n{empty}"), "a.csv", text);
        assert_eq!(counts(&report.expect("loaded"), 0), (2, 2, 0, 0));
        assert_eq!(ask(&connection, "SELECT * FROM t"), expected, "{empty}");
    }
}

#[test]
fn a_file_of_no_rows_is_no_mistake_where_it_says_so() {
    for (file, text) in [
        ("a.json", "[]"),
        ("a.json", " [ \n ]\n"),
        ("a.jsonl", "\n"),
        ("a.csv", "code,name,people"),
        ("a.csv", "code\r\n"),
    ] {
        let report = one(SCHEMA, "table = 'country'", file, text).1.expect(text);
        assert_eq!(counts(&report, 0), (0, 0, 0, 0), "{text:?}");
    }
}

const BROKEN: &[(&str, &[u8], &str)] = &[
    ("a.json", b"", "20-countries.load/a.json is empty: a list of no rows is written []."),
    (
        "a.json",
        b"\xef\xbb\xbf \n",
        "20-countries.load/a.json is empty: a list of no rows is written [].",
    ),
    (
        "a.jsonl",
        b"",
        "20-countries.load/a.jsonl is empty: a file of no rows is an empty line.",
    ),
    (
        "a.csv",
        b"",
        "20-countries.load/a.csv is empty: the first line of a CSV file names the columns.",
    ),
    (
        "a.json",
        b"\n{\"code\":\"FR\"}",
        "20-countries.load/a.json line 2 holds one object, and a list of rows is expected: [ {…}, {…} ]. A file with an object on each line is named .jsonl.",
    ),
    (
        "a.json",
        b"code,name",
        "20-countries.load/a.json line 1 does not begin with “[”: a list of rows is expected.",
    ),
    (
        "a.json",
        b"[{\"code\":\"FR\",\"name\":\"France\"},\n{\"code\":\"ES\",\"na",
        "20-countries.load/a.json line 2 is where the file ends, after 1 whole rows and before its list does: it is cut off.",
    ),
    (
        "a.json",
        b"\n\n[{\"code\":\"FR\",\"name\":\"x\"}",
        "20-countries.load/a.json line 3 is where the file ends, after 1 whole rows and before its list does: it is cut off.",
    ),
    (
        "a.json",
        b"[\n{\"code\":\"FR\",\"name\":\"x\"}\n{}]",
        "20-countries.load/a.json line 3 is not JSON at column 1: expected `,` or `]`.",
    ),
    (
        "a.json",
        b"[] x",
        "20-countries.load/a.json line 1 is not JSON at column 4: trailing characters.",
    ),
    (
        "a.csv",
        b"code,name\nES,Espa\xf1a\n",
        "20-countries.load/a.csv line 2 is not UTF-8 text there (byte 0xF1). Save the file as UTF-8.",
    ),
    (
        "a.json",
        b"[{\"code\":\"FR\",\"name\":\"\xc3",
        "20-countries.load/a.json line 1 is not UTF-8 text there (byte 0xC3). Save the file as UTF-8.",
    ),
    (
        "a.jsonl",
        b"\xff\xfe{\0",
        "20-countries.load/a.jsonl line 1 is UTF-16 text, and UTF-8 is expected. Save it as UTF-8.",
    ),
    (
        "a.csv",
        b"code,name\nFR,France\nES,\"Spain\n\nmore",
        "20-countries.load/a.csv line 3 begins a value in quotes that never end: the file is cut off, or a quote is missing.",
    ),
    (
        "a.csv",
        b"code,name\nFR,the \"land\"\n",
        "20-countries.load/a.csv line 2 holds a quote inside a value: such a value stands in quotes, with the quote twice.",
    ),
    (
        "a.csv",
        b"code,name\nFR,\"x\"y\n",
        "20-countries.load/a.csv line 2 goes on after the quote that ends a value.",
    ),
    (
        "a.csv",
        b"code,name\nFR,x\ry\n",
        "20-countries.load/a.csv line 2 holds a CR that is no line end; a value with one stands in quotes.",
    ),
    (
        "a.csv",
        b"code,nam\nFR,x\n",
        "20-countries.load/a.csv line 1 is the header: the column “nam” is none of the table's (did you mean “name”?).",
    ),
    (
        "a.csv",
        b"code,Code\n",
        "20-countries.load/a.csv line 1 is the header: the column “Code” is named twice.",
    ),
];

#[test]
fn a_broken_file_is_named_with_its_line() {
    for (file, bytes, expected) in BROKEN {
        let failure = refusal(SCHEMA, "table = 'country'", file, bytes);
        assert_eq!(failure.message, *expected);
        assert_eq!(failure.reason, Reason::StepFailed, "{expected}");
        assert_eq!(failure.fields["step"], STEP);
        assert_eq!(failure.fields["file"], *file);
    }
}

#[test]
fn a_file_that_is_not_there_keeps_its_own_failure() {
    let failure = load(
        &database(SCHEMA),
        "[[file]]\nfile = 'a.json'\ntable = 'country'",
        &Folder::default(),
    )
    .expect_err("no file");
    assert_eq!(failure.reason, Reason::BundleDamaged);
}

#[test]
fn a_bad_row_is_named_with_row_and_line() {
    let two = "[\n{\"code\":\"FR\",\"name\":\"x\"},\n\n{\n\"code\":\"ES\",\n\"name\":null}]";
    let entry = "table = 'country'";
    for (file, text, expected) in [
        (
            "a.json",
            two,
            "row 2 (line 4) of table “country”, key code = ES: column “name” must not be empty.",
        ),
        (
            "a.json",
            "[\n17\n]",
            "row 1 (line 2) of table “country”: it is not an object: “17” stands where {\"column\": value, …} is expected.",
        ),
        (
            "a.json",
            "[\n[1]]",
            "row 1 (line 2) of table “country”: it is not an object: “[1]” stands where {\"column\": value, …} is expected.",
        ),
        (
            "a.jsonl",
            "\r\n{\"code\":\"FR\",\"name\":\"x\"}\r\n{\"code\":\"ES\",\r\n",
            "row 2 (line 3) of table “country”: it is cut off: the line ends before the row does.",
        ),
        (
            "a.jsonl",
            "{} {}",
            "row 1 (line 1) of table “country”: it is not JSON: trailing characters.",
        ),
        (
            "a.csv",
            "code,name\n\"F\nR\",x\nES,y,z\n",
            "row 2 (line 4) of table “country”: it has 3 fields, and the header names 2.",
        ),
        (
            "a.csv",
            "code,name,people\nFR,France,many\n",
            "row 1 (line 2) of table “country”, key code = FR: column “people” must be a whole number of at most 64 bits, without point or exponent.",
        ),
        (
            "a.json",
            "[{\"code\":\"FR\",\"nmae\":1,\"name\":\"x\"}]",
            "row 1 (line 1) of table “country”, key code = FR: column “nmae” is none of the table's (did you mean “name”?).",
        ),
        (
            "a.json",
            "[{\"code\":\"FR\",\"name\":\"x\",\"Name\":\"x\"}]",
            "row 1 (line 1) of table “country”, key code = FR: column “Name” is named twice.",
        ),
    ] {
        let failure = refusal(SCHEMA, entry, file, text);
        assert_eq!(failure.message, format!("20-countries.load/{file} {expected}"));
        assert_eq!(failure.reason, Reason::RowRejected);
    }
    let failure = refusal(SCHEMA, entry, "a.json", two);
    let fields = serde_json::json!({
        "step": STEP, "file": "a.json", "row": 2, "line": 4, "table": "country", "key": "code = ES", "column": "name", "value": "NULL",
        "reason": "must not be empty",
    });
    assert_eq!(serde_json::Value::Object(failure.fields), fields);
}
