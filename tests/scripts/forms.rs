//! The forms that a step may have, and what `ctx` and `opts` hold.

use super::room::{Ear, STEP, context, database, failed, limits, logged, run, run_on, says};
use holdfast::failure::Reason;
use holdfast::script::{Scripts, check};

const OLDER: &str = "module.exports = function (opts, cb) {\n";

#[test]
fn a_module_is_given_db_and_ctx() {
    let report = run("export default function (db, ctx) { ctx.log([ctx.from, ctx.to, ctx.context, typeof db.query].join()); }").unwrap();
    assert_eq!(report.log, ["1.0,2.0,north,function"]);
}

#[test]
fn an_async_module_runs_to_its_end() {
    let connection = database();
    let report = run_on(
        &connection,
        "const wait = await Promise.resolve(7);
         export default async function (db, ctx) {
             for (let n = 0; n < 3; n++) await null;
             db.run('UPDATE t SET any = ?', [wait]);
             await new Promise((done) => Promise.resolve().then(done));
             ctx.log('end');
         }",
    );
    assert_eq!(report.unwrap().log, ["end"]);
    let sum: i64 = connection.query_row("SELECT sum(any) FROM t", [], |r| r.get(0)).unwrap();
    assert_eq!(sum, 21);
}

#[test]
fn the_older_form_is_given_opts_and_a_callback() {
    let report = run(&format!(
        "{OLDER} opts.log(opts.db.get('SELECT count(*) AS n FROM t').n, opts.to, opts.context); cb(); }}"
    ))
    .unwrap();
    assert_eq!(report.log, ["3 2.0 north"]);
    let later = run(&format!(
        "{OLDER} Promise.resolve().then(() => {{ opts.log('later'); cb(null); }}); }}"
    ))
    .unwrap();
    assert_eq!(later.log, ["later"]);
    // It may be sloppy, as old scripts are, and begin and end as it likes.
    run("var a = 010; b = a; with ({c: b}) { if (c !== 8) throw new Error('sloppy'); }\nmodule.exports = (o, cb) => cb(); // the end")
        .unwrap();
    // What compilers make of a module.
    let compiled = run("exports.__esModule = true;\nexports.default = function (db, ctx) { ctx.log('compiled'); };").unwrap();
    assert_eq!(compiled.log, ["compiled"]);
    let promised = run("module.exports = async function (opts) { await null; opts.log('promised'); }").unwrap();
    assert_eq!(promised.log, ["promised"]);
}

#[test]
fn a_callback_is_called_once() {
    says(&run(&format!("{OLDER} }}")).unwrap_err(), None, &["without calling its callback"]);
    says(
        &run(&format!("{OLDER} cb(); cb(); }}")).unwrap_err(),
        None,
        &["called its callback 2 times"],
    );
    says(
        &run(&format!("{OLDER} cb(); Promise.resolve().then(() => cb()); }}")).unwrap_err(),
        None,
        &["2 times"],
    );
}

#[test]
fn a_callback_is_told_what_failed() {
    says(
        &run(&format!("{OLDER}\n cb(new TypeError('wrong')); }}")).unwrap_err(),
        Some(3),
        &["TypeError: wrong"],
    );
    says(
        &run(&format!("{OLDER}\n\n cb('just text'); }}")).unwrap_err(),
        Some(4),
        &["just text"],
    );
    says(
        &run(&format!("{OLDER} throw new Error('thrown'); }}")).unwrap_err(),
        Some(2),
        &["thrown"],
    );
}

#[test]
fn a_promise_that_is_rejected_or_never_settles_is_a_failure() {
    let rejected = run("export default async function () {\n await null;\n throw new RangeError('late');\n}").unwrap_err();
    says(&rejected, Some(3), &["RangeError: late"]);
    says(&failed("return Promise.reject(new Error('given back'));"), Some(2), &["given back"]);
    says(&failed("return new Promise(() => {});"), None, &["never settles"]);
    says(
        &run("await new Promise(() => {});\nexport default function () {}").unwrap_err(),
        None,
        &["never settles"],
    );
    says(
        &run(&format!("{OLDER} cb(); return new Promise(() => {{}}); }}")).unwrap_err(),
        None,
        &["never settles"],
    );
}

#[test]
fn a_rejection_that_nothing_waits_for_is_not_lost() {
    let lost = ["a promise that nothing waits for was rejected", "lost"];
    says(&failed("\nPromise.reject(new Error('lost'));"), Some(3), &lost);
    says(
        &failed("(async () => {\n await null;\n throw new Error('lost');\n})();"),
        Some(4),
        &lost,
    );
    let older = run(&format!("{OLDER} (async () => {{ throw new Error('lost'); }})(); cb(); }}"));
    says(&older.unwrap_err(), Some(2), &lost);
    run("export default async function () {
        const early = Promise.reject(new Error('waited for later'));
        await null;
        await early.catch(() => {});
    }")
    .unwrap();
}

#[test]
fn what_exports_no_function_is_refused() {
    for source in [
        "",
        "let a = 1;",
        "export const a = 1;",
        "export default 7;",
        "module.exports = {};",
        "module.exports = null;",
    ] {
        says(
            &run(source).unwrap_err(),
            None,
            &["exports no function", "export default function (db, ctx)"],
        );
    }
}

#[test]
fn packing_sees_what_cannot_run() {
    check(STEP, "export default function (db, ctx) { db.run('nonsense'); }").unwrap();
    check(STEP, "module.exports = function (opts, cb) { cb(); };").unwrap();
    for (source, line, words) in [
        ("export default function (db) {\n  let = ;\n}", Some(2), "SyntaxError"),
        ("export const a = 1;", None, "exports no function"),
        ("\nimport fs from 'fs';\nexport default function () {}", Some(2), "imports 'fs'"),
    ] {
        let failure = check(STEP, source).unwrap_err();
        assert_eq!(failure.reason, Reason::PayloadInvalid, "{failure}");
        assert!(failure.message.contains(words), "{failure}");
        assert_eq!(failure.fields.get("line").and_then(serde_json::Value::as_u64), line, "{failure}");
        assert_eq!(failure.fields["step"], STEP);
        assert!(failure.message.ends_with("Correct it and pack again."), "{failure}");
    }
}

#[test]
fn log_and_progress_are_heard() {
    let connection = database();
    let ear = Ear::default();
    let source = "export default function (db, ctx) {
        ctx.log('plain', 1, {a: 2n});
        console.warn('from elsewhere', [1, null]);
        ctx.progress(3, 10);
        ctx.progress(12.5, 10);
    }";
    let report = Scripts::new(&connection, limits())
        .unwrap()
        .run(STEP, source, &context(&ear))
        .unwrap();
    assert_eq!(report.log, ["plain 1 {\"a\":\"2\"}", "from elsewhere [1,null]"]);
    assert_eq!(
        *ear.heard.lock().unwrap(),
        [
            r#"{"event":"note","message":"plain 1 {\"a\":\"2\"}"}"#,
            r#"{"event":"note","message":"from elsewhere [1,null]"}"#,
            r#"{"event":"progress","stage":"migrate","done":3,"total":10}"#,
            r#"{"event":"progress","stage":"migrate","done":10,"total":10}"#,
        ]
    );
    says(&failed("ctx.progress('many');"), Some(2), &["wants two numbers"]);
}

#[test]
fn a_log_does_not_grow_without_end() {
    let log = logged("for (let n = 0; n < 1005; n++) ctx.log('x'.repeat(5000));");
    assert_eq!(log.len(), 1001);
    assert_eq!(log[0].len(), 1000);
    assert_eq!(log[1000], "… and 5 more lines");
}

#[test]
fn a_step_inherits_nothing_of_the_one_before() {
    let connection = database();
    let ear = Ear::default();
    let mut scripts = Scripts::new(&connection, limits()).unwrap();
    let first = "Array.prototype.map = () => 'spoiled'; globalThis.kept = 1;\nexport default function (db, ctx) { ctx.log('first'); }";
    scripts.run("2.0/10-a.js", first, &context(&ear)).unwrap();
    let second = "export default function (db, ctx) { ctx.log(String([1].map((n) => n + 1)), typeof kept); }";
    assert_eq!(scripts.run("2.0/20-b.js", second, &context(&ear)).unwrap().log, ["2 undefined"]);
    let third = "import a from './10-a.js';\nexport default function () {}";
    assert_eq!(
        scripts.run("2.0/30-c.js", third, &context(&ear)).unwrap_err().reason,
        Reason::StepRefused
    );
}
