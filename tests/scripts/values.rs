//! Values go both ways without loss, or are refused with a message.

use super::room::{database, failed, logged, run_on, says};
use rusqlite::types::Value;

#[test]
fn integers_of_64_bits_make_the_round_trip() {
    let connection = database();
    let cases = [
        i64::MIN,
        i64::MIN + 1,
        -(1 << 53),
        -(1 << 53) + 1,
        -1,
        0,
        1,
        (1 << 53) - 1,
        1 << 53,
        (1 << 53) + 1,
        i64::MAX - 1,
        i64::MAX,
    ];
    connection.execute_batch("DELETE FROM t; CREATE TABLE u(n)").unwrap();
    for n in cases {
        connection.execute("INSERT INTO t(any) VALUES (?1)", [n]).unwrap();
    }
    let report = run_on(
        &connection,
        "export default function (db, ctx) {
            for (const {any} of db.query('SELECT any FROM t ORDER BY id')) {
                db.run('INSERT INTO u VALUES (?)', [any]);
                ctx.log(typeof any, String(any));
            }
        }",
    )
    .unwrap();
    let kept: Vec<Value> = connection
        .prepare("SELECT n FROM u ORDER BY rowid")
        .unwrap()
        .query_map([], |r| r.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(kept, cases.map(Value::Integer));
    for (line, n) in report.log.iter().zip(cases) {
        let kind = if n.unsigned_abs() < 1 << 53 { "number" } else { "bigint" };
        assert_eq!(*line, format!("{kind} {n}"));
    }
    assert_eq!(report.read, 12);
}

#[test]
fn what_a_script_writes_has_the_type_that_it_meant() {
    let written = |value: &str| {
        logged(&format!(
            "const r = db.get('SELECT typeof(?1) AS a, quote(?1) AS b', [{value}]); ctx.log(r.a + ' ' + r.b);"
        ))
        .remove(0)
    };
    for (value, kept) in [
        ("null", "null NULL"),
        ("true", "integer 1"),
        ("false", "integer 0"),
        ("5", "integer 5"),
        ("5.0", "integer 5"),
        ("-0", "integer 0"),
        ("2 ** 53 - 1", "integer 9007199254740991"),
        ("2 ** 53", "real 9007199254740992.0"),
        ("1.5", "real 1.5"),
        ("Infinity", "real 9.0e+999"),
        ("9223372036854775807n", "integer 9223372036854775807"),
        ("-9223372036854775808n", "integer -9223372036854775808"),
        ("'it\\'s ü 😀'", "text 'it''s ü 😀'"),
        ("''", "text ''"),
        ("new Uint8Array([0, 255])", "blob X'00FF'"),
        ("new Uint8Array(0)", "blob X''"),
        ("new Uint8Array([1, 2, 3, 4]).subarray(1, 3)", "blob X'0203'"),
        ("new Uint8Array([9]).buffer", "blob X'09'"),
        ("new ArrayBuffer(0)", "blob X''"),
    ] {
        assert_eq!(written(value), kept, "{value}");
    }
}

#[test]
fn what_sqlite_cannot_keep_is_refused() {
    for (value, words) in [
        ("undefined", "parameter 1 is undefined: give null"),
        ("NaN", "parameter 1 is NaN"),
        ("9223372036854775808n", "is 9223372036854775808, beyond the 64 bits"),
        ("-9223372036854775809n", "beyond the 64 bits"),
        ("2n ** 64n", "beyond the 64 bits"),
        ("'\\ud800'", "half of a surrogate pair"),
        ("new Date(0)", "an object (Date)"),
        ("{a: 1}", "an object (Object)"),
        ("[1]", "is an array"),
        ("new Uint16Array(1)", "an object (Uint16Array)"),
        ("Symbol('a')", "a symbol"),
        ("() => 1", "a function"),
        ("Promise.resolve(1)", "is a promise"),
    ] {
        says(
            &failed(&format!("db.run('INSERT INTO t(any) VALUES (?)', [{value}]);")),
            Some(2),
            &[words],
        );
    }
}

#[test]
fn what_sqlite_holds_is_read_as_it_is() {
    let log = logged(
        "const r = db.get(`SELECT NULL a, 1.5 b, 'x' || char(0) || 'y' c, x'00ff10' d, x'' e, 1e300 f, '😀' g`);
         ctx.log(r.a === null, r.b, r.c.length, r.c.charCodeAt(1), r.d instanceof Uint8Array, Array.from(r.d), r.e.length, r.f === 1e300, r.g);
         ctx.log(Object.keys(r).join(''), r.hasOwnProperty('a'));",
    );
    assert_eq!(log, ["true 1.5 3 0 true [0,255,16] 0 true 😀", "abcdefg true"]);
    says(
        &failed("\ndb.query(\"SELECT CAST(x'ff' AS TEXT) AS bad\");"),
        Some(3),
        &["“bad” holds text that is not UTF-8", "CAST(bad AS BLOB)"],
    );
    says(&failed("db.query('SELECT 1 AS a, 2 AS a');"), Some(2), &["two columns", "“a”"]);
}

#[test]
fn a_large_blob_makes_the_round_trip() {
    let connection = database();
    let blob: Vec<u8> = (0..1_000_003_u32).map(|n| (n * 7 % 251) as u8).collect();
    connection.execute("UPDATE t SET any = ?1 WHERE id = 1", [&blob]).unwrap();
    run_on(
        &connection,
        "export default function (db) {
            const {any} = db.get('SELECT any FROM t WHERE id = 1');
            db.run('UPDATE t SET any = ? WHERE id = 2', [any]);
            any[0] = 99;
            db.run('UPDATE t SET any = ? WHERE id = 3', [any]);
        }",
    )
    .unwrap();
    let get = |id: i64| {
        connection
            .query_row("SELECT any FROM t WHERE id = ?1", [id], |r| r.get::<_, Vec<u8>>(0))
            .unwrap()
    };
    assert!(get(2) == blob);
    assert_eq!((get(3)[0], get(3)[1..] == blob[1..]), (99, true));
}
