//! Nothing of the machine is in reach: no clock, chance, file, network, process, timer; dates do not depend on the machine's time zone.

use super::room::{failed, logged, run, says};

#[test]
fn the_clock_and_chance_are_refused() {
    for body in [
        "Date.now();",
        "new Date();",
        "Date();",
        "new (new Date(0).constructor)();",
        "Reflect.construct(Date, []);",
        "Object.getPrototypeOf(new Date(0)).constructor.now();",
        "class Mine extends Date {}; new Mine();",
        "(0, eval)('new Date()');",
        "new Function('return Date.now()')();",
    ] {
        says(&failed(body), Some(2), &["may not know the time"]);
    }
    says(&failed("Math.random();"), Some(2), &["may not use Math.random"]);
    says(&failed("setTimeout(() => {}, 1);"), Some(2), &["may not wait"]);
    says(&failed("fetch('http://x');"), Some(2), &["no network"]);
}

#[test]
fn nothing_of_the_machine_is_there() {
    let log = logged(
        "const names = ['process', 'performance', 'navigator', 'os', 'std', 'bjson', 'print', 'scriptArgs', 'Deno', 'Bun', 'XMLHttpRequest', 'Worker',
            'WeakRef', 'FinalizationRegistry', 'Atomics', 'SharedArrayBuffer', 'gc', 'Buffer', '__dirname', 'global', 'window'];
         ctx.log(names.filter((name) => { try { return eval('typeof ' + name) !== 'undefined'; } catch { return true; } }));
         ctx.log(Object.getOwnPropertyNames(globalThis).sort().join(' '));",
    );
    assert_eq!(log[0], "[]");
    let known = "AggregateError AsyncDisposableStack Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date DisposableStack Error EvalError Float16Array Float32Array \
        Float64Array Function Infinity Int16Array Int32Array Int8Array InternalError Iterator JSON Map Math NaN Number Object Promise Proxy RangeError \
        ReferenceError Reflect RegExp Set String SuppressedError Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakSet \
        console decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval fetch globalThis isFinite isNaN parseFloat parseInt queueMicrotask \
        setImmediate setInterval setTimeout undefined unescape";
    let unknown: Vec<&str> = log[1]
        .split(' ')
        .filter(|name| !known.split_whitespace().any(|k| k == *name))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new(), "the engine has new names: decide about each");
}

#[test]
fn dates_are_the_same_in_every_time_zone() {
    // SAFETY is not at stake: the zone is read by the C library alone, and every test of this file holds in any zone.
    let log = logged(
        "for (const text of ['2020-07-01', '2020-07-01T10:00', '2020-07-01T10:00:00Z', '2020-07-01T10:00:00+02:00', '2020-07-01 10:00:00', 'Jul 1, 2020',
                'Jul 1, 2020 10:00 PM', 'Wed, 01 Jul 2020 10:00:00 GMT', 'Wed Jul 01 2020 10:00:00 GMT+0200 (CEST)', '2020', '2020-07', 'nonsense'])
             ctx.log(text, String(Date.parse(text)), Number(new Date(text)) === Date.parse(text) || Number.isNaN(Date.parse(text)));
         const d = new Date(2020, 6, 1, 10, 30);
         ctx.log(d.toISOString(), d.getHours(), d.getDay(), d.getTimezoneOffset(), String(d), d.toLocaleString(), JSON.stringify(d));
         d.setHours(23, 59); ctx.log(d.getTime(), d - new Date(d) === 0, new Date(d.getTime()) instanceof Date, new Date(5n === 5n ? 7 : 0).getTime());
         ctx.log(d.toDateString(), d.toTimeString(), Date.UTC(2020, 0), typeof Date, Date.name, new Date(NaN).toString() === 'Invalid Date');
         class Mine extends Date { year() { return this.getFullYear(); } } ctx.log(new Mine(2021, 0).year());",
    );
    let hour = 3_600_000_i64;
    let day = 1_593_561_600_000_i64;
    let at = |hours: i64| (day + hours * hour).to_string();
    let expected = [
        at(0),
        at(10),
        at(10),
        at(8),
        at(10),
        at(0),
        at(22),
        at(10),
        at(8),
        "1577836800000".to_owned(),
        at(0),
        "NaN".to_owned(),
    ];
    for (line, time) in log.iter().zip(&expected) {
        assert!(line.ends_with(&format!(" {time} true")), "{line}, not {time}");
    }
    assert_eq!(
        log[12],
        "2020-07-01T10:30:00.000Z 10 3 0 Wed, 01 Jul 2020 10:30:00 GMT 2020-07-01 10:30:00 \"2020-07-01T10:30:00.000Z\""
    );
    assert_eq!(log[13], "1593647940000 true true 7");
    assert_eq!(log[14], "2020-07-01 23:59:00 1577836800000 function Date true");
    assert_eq!(log[15], "2021");
}

#[test]
fn a_db_that_outlives_its_step_is_of_no_use() {
    let connection = super::room::database();
    let ear = super::room::Ear::default();
    let mut scripts = holdfast::script::Scripts::new(&connection, super::room::limits()).unwrap();
    let source = "export default function (db) { db.define('sneak', () => db.get('SELECT 1 AS a').a); }";
    scripts.run("2.0/10-a.js", source, &super::room::context(&ear)).unwrap();
    let error = connection.query_row("SELECT sneak()", [], |_| Ok(())).unwrap_err().to_string();
    assert!(
        error.contains("sneak() of 2.0/10-a.js line 1: a function for SQL computes from its arguments alone"),
        "{error}"
    );
    says(
        &run("export default function (db) {\n db.define('g', () => db.get('SELECT 1'));\n db.get('SELECT g()'); }").unwrap_err(),
        Some(3),
        &["it may not use db"],
    );
}
