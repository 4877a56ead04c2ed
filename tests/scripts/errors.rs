//! Every failure tells its step, its line and its reason.

use super::room::{STEP, failed, run, says, told};
use holdfast::failure::Reason;

#[test]
fn syntax_errors() {
    for (source, line) in [
        ("export default function (db, ctx) {\n  let x = ;\n}", 2),
        ("export default function (db, ctx) {\n\n  if (true {\n}", 3),
        ("module.exports = function (opts, cb) {\n  var = 3;\n}", 2),
        ("\nmodule.exports = function (opts, cb) {\n  cb(;\n}", 3),
        ("let a = 1;\nlet a = 2;\nexport default function () {}", 2),
    ] {
        says(&run(source).unwrap_err(), Some(line), &["SyntaxError"]);
    }
    // What is not closed is missed at the end.
    says(&run("export default function (db) {\n").unwrap_err(), Some(2), &["SyntaxError"]);
}

#[test]
fn thrown_errors() {
    says(&failed("\n\nthrow new Error('as it is');"), Some(4), &["as it is"]);
    says(&failed("const f = () => {\n null.x;\n};\nf();"), Some(3), &["TypeError", "null"]);
    says(&failed("missing();"), Some(2), &["ReferenceError", "missing"]);
    says(&failed("throw new Error();"), Some(2), &["an Error without a message"]);
    says(
        &failed("class Mine extends Error { name = 'Mine' }\n\nthrow new Mine('own');"),
        Some(4),
        &["Mine: own"],
    );
    says(&failed("[1].map(() => {\n  throw new Error('inside');\n});"), Some(3), &["inside"]);
    says(&run("throw new Error('at the top');").unwrap_err(), Some(1), &["at the top"]);
    says(
        &run("\nthrow new Error('at the top');\nexport default function () {}").unwrap_err(),
        Some(2),
        &["at the top"],
    );
}

#[test]
fn thrown_values_that_are_no_errors() {
    for (thrown, words) in [
        ("'just text'", "“just text”"),
        ("42", "“42”"),
        ("null", "“null”"),
        ("undefined", "“undefined”"),
        ("{code: 7}", "“{\"code\":7}”"),
        ("Symbol('x')", "something"),
        ("{toJSON() { throw 1 }}", "an object"),
    ] {
        says(&failed(&format!("throw {thrown};")), None, &[words, "no Error", "throw new Error"]);
    }
}

#[test]
fn errors_that_misbehave_when_they_are_read() {
    says(
        &failed("const e = new Error('x'); Object.defineProperty(e, 'message', {get() { throw 1; }}); throw e;"),
        Some(2),
        &["an Error without"],
    );
    says(&failed("const e = new Error('x'); e.name = Symbol(); throw e;"), Some(2), &["x"]);
    says(
        &failed("const e = new Error('x'); e.message = {toString() { return 'y'.repeat(100000); }}; throw e;"),
        Some(2),
        &["yyy", "…"],
    );
    says(
        &failed("throw new Proxy(new Error('x'), {get() { throw 1; }});"),
        None,
        &["no Error"],
    );
}

#[test]
fn a_step_ends_itself_with_reason_and_fields() {
    let failure = failed(
        "\ntry { ctx.fail('Two customers have the number 7', {table: 'customer', key: 7, big: 9007199254740993n, list: [1, 'a'], line: 999}); } catch {}
         while (true) {}",
    );
    says(&failure, Some(3), &["Two customers have the number 7"]);
    assert_eq!(failure.fields["table"], "customer");
    assert_eq!(failure.fields["key"], 7);
    assert_eq!(failure.fields["big"], "9007199254740993");
    assert_eq!(failure.fields["list"], serde_json::json!([1, "a"]));
    says(&failed("ctx.fail('alone');"), Some(2), &["alone"]);
    says(&failed("ctx.fail('x', 'no fields');"), Some(2), &["wants an object"]);
    let older = run("module.exports = function (opts, cb) {\n opts.fail('older', {a: 1}); }").unwrap_err();
    says(&older, Some(2), &["older"]);
    assert_eq!(older.fields["a"], 1);
    let later = run("export default async function (db, ctx) {\n await null;\n ctx.fail('later'); }").unwrap_err();
    says(&later, Some(3), &["later"]);
}

#[test]
fn imports_are_refused() {
    for source in [
        "import fs from 'fs';\nexport default function () {}",
        "export * from 'fs';\nexport default function () {}",
        "const fs = require('fs');\nmodule.exports = function (opts, cb) { cb(); };",
    ] {
        let failure = run(source).unwrap_err();
        assert_eq!(failure.reason, Reason::StepRefused, "{failure}");
        told(&failure, Some(1), &["imports", "fs", "a step is one file"]);
    }
    let dynamic = run("export default async function () {\n await import('fs'); }").unwrap_err();
    assert_eq!(dynamic.reason, Reason::StepRefused, "{dynamic}");
    told(&dynamic, Some(2), &["imports 'fs'"]);
    assert_eq!(dynamic.fields["step"], STEP);
}
