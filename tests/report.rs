//! What sticks bring home: one picture of many sites from their result files, whatever else lies there.

mod support;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::*;

fn result_of(site: &Path) -> String {
    fs::read_to_string(site.join(".holdfast/result.json")).expect("a result")
}

/// A stick with real results: one site is updated, one refused, one failed and was put back.
fn stick(bench: &Bench) -> PathBuf {
    let stick = bench.path("stick/holdfast-logs");
    let payload = bench.relief_payload();
    let updater = bench.pack(&payload, "update");
    let (well, odd, failing) = (
        bench.relief_site("well", "1.0"),
        bench.relief_site("odd", "1.0"),
        bench.relief_site("failing", "1.0"),
    );
    update(&updater, &well, &[]).expect(0);
    database(&odd.join("data/relief.db"), "CREATE TABLE of_their_own(a);");
    update(&updater, &odd, &[]).expect(20);
    let checks = payload.join("holdfast.toml");
    let wrong = "\n[[check]]\nname = \"never\"\nsql = \"SELECT 1\"\nexpect = 2\n";
    write(&checks, fs::read_to_string(&checks).expect("a manifest") + wrong);
    update(&bench.pack(&payload, "failing-update"), &failing, &[]).expect(30);
    write(&stick.join("c/result.json"), result_of(&failing));
    write(&stick.join("a/result.json"), result_of(&well));
    write(&stick.join("b/result.json"), result_of(&odd));
    stick
}

/// A result as a newer or older Holdfast, or another computer, would have written it.
fn made(text: &str, changes: &[(&str, Value)]) -> String {
    let mut value: Value = serde_json::from_str(text).expect("a result");
    for (name, change) in changes {
        value["request"][*name] = change.clone();
    }
    value.to_string()
}

fn holdfast(words: &[&str]) -> Ran {
    run(std::process::Command::new(HOLDFAST).args(words))
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn real_results_are_told_apart() {
    let bench = Bench::new();
    let stick = stick(&bench);
    let said = holdfast(&["status", shown(&stick)]).expect(0).stdout;
    assert!(said.contains("refused, nothing touched") && said.contains("SCHEMA:DRIFT"), "{said}");
    let (refused, done) = (said.find("refused,").expect("refused"), said.find("  done").expect("done"));
    assert!(refused < done, "those that need help come first: {said}");
    assert!(said.contains("1 are well"), "{said}");
    assert!(said.contains("not rehearsed: "), "{said}");
    let only = holdfast(&["status", shown(&stick), "--help-needed"]).expect(0).stdout;
    assert!(!only.contains("  done"), "{only}");

    let json: Value = serde_json::from_str(&holdfast(&["report", "--json", shown(&stick)]).expect(0).stdout).expect("JSON");
    assert_eq!(json["summary"]["well"], 1);
    let site = json["sites"]
        .as_array()
        .expect("sites")
        .iter()
        .find(|s| s["help"] == "none")
        .expect("a site that is well");
    assert_eq!(
        (site["last"]["from"].as_str(), site["last"]["state"].as_str()),
        (Some("1.0"), Some("done"))
    );
    assert!(!site["computer"].as_str().expect("a name").is_empty());
}

#[test]
fn one_page_and_one_table_say_the_same() {
    let bench = Bench::new();
    let stick = stick(&bench);
    let base = fs::read_to_string(stick.join("a/result.json")).expect("a result");
    let odd = [
        ("id", "x1".into()),
        ("computer", "=HYPERLINK(\"a\")".into()),
        ("message", "<script>alert(1)</script>".into()),
        ("state", "not_restored".into()),
    ];
    write(&stick.join("odd/result.json"), made(&base, &odd));
    let (html, csv) = (bench.path("sites.html"), bench.path("sites.csv"));
    let words = ["report", shown(&stick), "--html", shown(&html), "--csv", shown(&csv)];
    holdfast(&words).expect(0);
    let page = fs::read_to_string(&html).expect("a page");
    assert!(
        !page.contains("<script>alert(1)") && page.contains("&lt;script&gt;alert(1)"),
        "escaped"
    );
    assert!(!page.contains("src=") && !page.contains("<link"), "self-contained");
    let (urgent, well) = (
        page.find("failed, and NOT put back").expect("urgent"),
        page.find(">done<").expect("well"),
    );
    assert!(urgent < well);
    let table = fs::read_to_string(&csv).expect("a table");
    let lines: Vec<&str> = table.split("\r\n").filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 5, "{table}");
    assert!(lines[1].starts_with("urgent,yes,\"'=HYPERLINK"), "{}", lines[1]);
    holdfast(&words).expect(0);
    assert_eq!(
        fs::read_to_string(&html).expect("a page"),
        page,
        "the same results give the same page"
    );
}

#[test]
fn a_run_counts_once_and_the_last_one_says_how_a_site_stands() {
    let bench = Bench::new();
    let site = bench.relief_site("site", "1.0");
    let updater = bench.pack(&bench.relief_payload(), "update");
    update(&updater, &site, &[]).expect(0);
    let base = result_of(&site);
    let stick = bench.path("stick");
    // The same from the stick, written before results named the computer; then an earlier run of that site that failed, and a later trial.
    let id: Value = serde_json::from_str(&base).expect("JSON");
    let id = id["request"]["id"].as_str().expect("an id").to_owned();
    let mut nameless: Value = serde_json::from_str(&base).expect("JSON");
    nameless["request"].as_object_mut().expect("a request").remove("computer");
    write(&stick.join("somewhere/result.json"), nameless.to_string());
    let earlier = [
        ("id", "0".into()),
        ("processed_at", "2001-01-01T00:00:00Z".into()),
        ("state", "restored".into()),
    ];
    write(&stick.join("earlier/result.json"), made(&base, &earlier));
    let trial = [
        ("id", "9".into()),
        ("processed_at", "2999-01-01T00:00:00Z".into()),
        ("state", "tested".into()),
        ("aim", "test".into()),
    ];
    write(&stick.join("trial/result.json"), made(&base, &trial));
    let json = holdfast(&["report", "--json", shown(&site), shown(&stick)]).expect(0).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let sites = json["sites"].as_array().expect("sites");
    assert_eq!(sites.len(), 1, "{json}");
    assert_eq!(
        (&sites[0]["last"]["state"], sites[0]["earlier"].as_array().map(Vec::len)),
        (&"done".into(), Some(2))
    );
    // Of a result without a name, from the stick alone, the folder tells the computer.
    let alone = bench.path("alone");
    write(&alone.join(format!("OLD_PC-{id}/result.json")), nameless.to_string());
    let json = holdfast(&["report", "--json", shown(&alone)]).expect(0).stdout;
    assert!(json.contains("\"computer\": \"OLD_PC\""), "{json}");
}

#[test]
fn what_cannot_be_read_is_named_and_stops_nothing() {
    let bench = Bench::new();
    let site = bench.relief_site("site", "1.0");
    update(&bench.pack(&bench.relief_payload(), "update"), &site, &[]).expect(0);
    let base = result_of(&site);
    let stick = bench.path("stick");
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("cut", base.as_bytes()[..base.len() / 2].to_vec(), "it breaks off"),
        ("zeroed", vec![0; 4096], "it is empty"),
        ("empty", Vec::new(), "it is empty"),
        ("foreign", b"{\"name\": \"left-pad\"}".to_vec(), "no result of Holdfast"),
        ("list", b"[1, 2]".to_vec(), "no result of Holdfast"),
        ("bytes", vec![0xff, 0xfe, 0x41], "not UTF-8"),
        ("types", br#"{"request": {"id": 7, "state": []}}"#.to_vec(), "no result of Holdfast"),
    ];
    for (name, bytes, _) in &cases {
        write(&stick.join(name).join("result.json"), bytes);
    }
    // A byte-order mark and other line ends come from people who looked at it; a newer Holdfast may say more.
    let newer = made(
        &base,
        &[
            ("id", "n".into()),
            ("computer", "NEW".into()),
            ("state", "teleported".into()),
            ("more", 1.into()),
        ],
    );
    write(
        &stick.join("newer/result.json"),
        format!("\u{feff}{}", newer.replace(",\"", ",\r\n\"")),
    );
    let said = holdfast(&["status", shown(&stick)]).expect(0).stdout;
    for (name, _, why) in &cases {
        let line = said
            .lines()
            .find(|line| line.contains(&format!("/{name}/")))
            .unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(line.contains(why), "{line}");
    }
    assert!(
        said.contains("NEW") && said.contains("unknown") && said.contains("7 files cannot be read"),
        "{said}"
    );
    for (words, named) in [
        (vec!["status", "no-such-folder"], "no-such-folder"),
        (vec!["report", shown(&site.join("data"))], "data"),
    ] {
        let ran = holdfast(&words).expect(20);
        assert!(ran.stderr.contains(named) && ran.stderr.contains("holdfast-logs"), "{}", ran.stderr);
    }
}
