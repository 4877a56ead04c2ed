//! What is packed was rehearsed, exactly as it is and from every version that it starts from; or a person said why not, and every result
//! at a site says so.

mod support;

use holdfast::payload::resolve;
use holdfast::rehearse::{Certificate, Details, FOLDER, Rehearsal};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use support::*;

const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// Writes a certificate of passed rehearsals of the payload as it is now.
fn certify(payload: &Path, passed: &[&str], failed: &[&str]) {
    let rehearsal = |from: &&str, passed| Rehearsal {
        from: (*from).to_owned(),
        site: "a copy".to_owned(),
        databases: Vec::new(),
        passed,
        failure: (!passed).then(|| "It did not work.".to_owned()),
        cuts: 1,
        details: Details::default(),
    };
    let mut certificate = Certificate::of(&resolve(payload).expect("a payload"));
    certificate.rehearsals = passed
        .iter()
        .map(|v| rehearsal(v, true))
        .chain(failed.iter().map(|v| rehearsal(v, false)))
        .collect();
    certificate.write(payload).expect("written");
}

fn pack(payload: &Path, output: &Path, more: &[&str]) -> Ran {
    let mut command = Command::new(HOLDFAST);
    run(command
        .arg("pack")
        .arg(payload)
        .arg("-o")
        .arg(output)
        .args(["--stub", UPDATER])
        .args(more))
}

#[track_caller]
fn refused(ran: Ran, output: &Path, parts: &[&str]) {
    let ran = ran.expect(20);
    for part in parts {
        assert!(ran.stderr.contains(part), "“{part}” is not in: {}", ran.stderr);
    }
    assert!(!output.exists());
}

#[test]
fn only_what_was_rehearsed_exactly_as_it_is_is_packed() {
    let bench = Bench::new();
    let (payload, output) = (bench.mini_payload(), bench.path("update"));
    let next = format!("holdfast rehearse {}", payload.display());
    refused(
        pack(&payload, &output, &[]),
        &output,
        &["PAYLOAD:UNREHEARSED", "from 1.0", "no certificate", &next, "--unrehearsed"],
    );
    certify(&payload, &[], &["1.0"]);
    refused(
        pack(&payload, &output, &[]),
        &output,
        &["from 1.0", "no rehearsal from there that passed", &next],
    );
    certify(&payload, &["1.0"], &[]);
    write(&payload.join("code/lib/one.txt"), "one of 2.0, mended since\n");
    refused(pack(&payload, &output, &[]), &output, &["before it was changed", &next]);

    certify(&payload, &["1.0"], &[]);
    let certificate = payload.join(FOLDER).join("certificate.json");
    replace(&certificate, &format!("\"engine\": \"{ENGINE}\""), "\"engine\": \"0.0.1\"");
    refused(pack(&payload, &output, &[]), &output, &["another version of Holdfast", &next]);

    certify(&payload, &["1.0"], &[]);
    let said = pack(&payload, &output, &[]).expect(0).stdout;
    assert!(!said.contains("rehearsed"), "{said}");
    let manifest: Value = serde_json::from_str(&inspect(&output, &["--json"])).expect("JSON");
    let rehearsed = json!({ "payload": resolve(&payload).expect("a payload").hash(), "engine": ENGINE, "versions": ["1.0"] });
    assert_eq!(manifest["rehearsed"], rehearsed);
    assert!(inspect(&output, &[]).contains(&format!("rehearsed from 1.0 by Holdfast {ENGINE}")));
    let site = bench.mini_site("site");
    let said = update(&output, &site, &[]).expect(0).stdout;
    assert_eq!(said, "Mini 2.0 is in place, with all its data.\n");
    assert_eq!(result(&site)["request"].get("unrehearsed"), None);
}

#[test]
fn every_version_that_an_update_starts_from_is_asked_for() {
    let bench = Bench::new();
    let (payload, output) = (bench.relief_payload(), bench.path("update"));
    certify(&payload, &["1.1"], &["1.0"]);
    refused(pack(&payload, &output, &[]), &output, &["was not rehearsed from 1.0:"]);
    let said = pack(&payload, &output, &["--unrehearsed", "the site of 1.0 burned down"])
        .expect(0)
        .stdout;
    assert!(
        said.contains("This update was not rehearsed: the site of 1.0 burned down."),
        "{said}"
    );
    let shown = inspect(&output, &[]);
    assert!(
        shown.contains("rehearsed from 1.1 by") && shown.contains("rehearsed no: the site of 1.0 burned down"),
        "{shown}"
    );
    certify(&payload, &["1.1", "1.0"], &[]);
    pack(&payload, &output, &[]).expect(0);
}

#[test]
fn a_reason_is_words_that_a_window_can_show() {
    let bench = Bench::new();
    let (payload, output) = (bench.mini_payload(), bench.path("update"));
    let long = "no ".repeat(100);
    for why in ["", "  ", "-1", "??", "one\ntwo lines", "\u{1b}[31mred", &long] {
        let ran = pack(&payload, &output, &[&format!("--unrehearsed={why}")]);
        refused(ran, &output, &["--unrehearsed wants the reason", "REQUEST:INVALID"]);
    }
    write(&payload.join(FOLDER).join("certificate.json"), "{\"format\": 1}");
    refused(pack(&payload, &output, &[]), &output, &["certificate.json", "holdfast rehearse"]);
}

fn inspect(update: &Path, more: &[&str]) -> String {
    run(Command::new(HOLDFAST).arg("inspect").arg(update).args(more)).expect(0).stdout
}

#[test]
fn every_result_says_that_an_update_was_not_rehearsed() {
    const SAYS: &str = "This update was not rehearsed: a test.";
    let bench = Bench::new();
    let (updater, site) = (bench.pack(&bench.mini_payload(), "update"), bench.mini_site("site"));
    let says = |ran: &Ran| assert!(ran.stdout.contains(SAYS), "{ran:?}");
    let why = || result(&site)["request"]["unrehearsed"].clone();
    says(&update(&updater, &site, &["--plan"]).expect(0));
    let plan: Value = serde_json::from_str(&update(&updater, &site, &["--plan=json"]).expect(0).stdout).expect("JSON");
    assert_eq!(plan["unrehearsed"], "a test");
    says(&update(&updater, &site, &["--test"]).expect(0));
    assert_eq!(why(), "a test");
    let log = result(&site)["request"]["log"].as_str().expect("a log").to_owned();
    assert!(fs::read_to_string(log).expect("a log").contains(SAYS));

    // A failure tells what went wrong, and the machine the rest.
    write(&site.join("lib/one.txt"), "changed");
    let ran = update(&updater, &site, &[]).expect(20);
    assert!(!ran.stderr.contains(SAYS), "{ran:?}");
    assert_eq!((reason(&site).as_str(), why()), ("CODE:CHANGED", json!("a test")));
    write(&site.join("lib/one.txt"), "one of 1.0\n");

    says(&update(&updater, &site, &["--hold"]).expect(0));
    says(&verb(&updater, "status", &site, &[]).expect(0));
    says(&verb(&updater, "confirm", &site, &[]).expect(0));
    assert_eq!(why(), "a test");
    says(&update(&updater, &site, &[]).expect(10));
    // The old version is back, and that one is none of this update's.
    let back = verb(&updater, "rollback", &site, &[]).expect(0);
    assert!(!back.stdout.contains(SAYS), "{back:?}");
    assert!(!verb(&updater, "status", &site, &[]).expect(0).stdout.contains(SAYS));
    assert!(inspect(&updater, &[]).contains("rehearsed no: a test"));
}
