//! Windows, silently: the whole story from a stick, the stick that cannot be written or is pulled out, the kit for support people, the exit
//! codes that deployment tools read, and that nobody is ever asked. Drive `E:` plays the stick: Wine takes it for one that can be removed.

#[path = "support/desk.rs"]
mod desk;
#[path = "support/stick.rs"]
mod stick;
mod support;

use desk::{Desk, Screen, codes_in, live_renames};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use stick::{Stick, Volume, copies, prefix};
use support::wine::{Lent, Running, helper, updater};
use support::*;

/// What a site holds but for the database, whose bytes differ from run to run.
fn code(site: &Path) -> BTreeMap<String, String> {
    tree(site).into_iter().filter(|(path, _)| !path.starts_with("data/")).collect()
}

#[test]
fn the_whole_story_from_a_stick() {
    let desk = Desk::new(prefix(), "story");
    let stick = Stick::new(&desk.wine);
    let site = desk.relief_site("site");
    support::wine::pack(&desk.bench.relief_payload(), &updater(), &stick.folder.join("update.exe"));
    let (old, register) = (tree(&site), site.join("data/relief.db"));
    let (old_rows, app) = (content(&register), desk.seen("site"));
    let run = |words: &[&str]| {
        let words: Vec<&str> = words
            .iter()
            .copied()
            .chain(["--silent", "--exit-codes", "own", "--app", &app])
            .collect();
        let ran = desk.wine.run(Path::new(r"E:\update.exe"), &words);
        stick.nothing_is_left();
        ran
    };

    let plan = run(&["--plan"]).expect(0);
    assert!(plan.stdout.contains("1.1 to 2.0"), "{}", plan.stdout);
    assert!(tree(&site) == old && !site.join(".holdfast").exists());

    run(&["--test"]).expect(0);
    assert_eq!(tree(&site), old);
    let trial = site.join(".holdfast/test");
    assert_eq!(fs::read_to_string(trial.join("VERSION")).expect("a trial").trim(), "2.0");
    assert_eq!(ask(&trial.join("data/relief.db"), "PRAGMA user_version"), "200");

    run(&[]).expect(0);
    let (new, new_rows) = (code(&site), content(&register));
    assert_eq!(fs::read_to_string(site.join("VERSION")).expect("VERSION").trim(), "2.0");
    assert!(
        fs::read_to_string(site.join("settings.ini"))
            .expect("settings")
            .contains("pages = web")
    );
    assert_eq!(new["uploads/photo.txt"], old["uploads/photo.txt"]);
    assert_ne!(new_rows, old_rows);

    assert!(run(&["status"]).expect(0).stdout.contains("relief-register 2.0"));
    run(&[]).expect(10);
    run(&["rollback"]).expect(0);
    assert!(tree(&site) == old && content(&register) == old_rows);
    run(&[]).expect(0);
    assert!(code(&site) == new && content(&register) == new_rows);

    let runs = stick.runs();
    let states: Vec<&str> = runs.iter().filter_map(|(_, result)| result["request"]["state"].as_str()).collect();
    assert_eq!(states, ["planned", "tested", "done", "nothing_to_do", "done", "done"]);
    assert_eq!(result(&site), runs[5].1, "the result is on the machine, too");
    let computer = desk.wine.batch(&["echo %COMPUTERNAME%".to_owned()]).stdout.trim().to_owned();
    for (name, result) in &runs {
        let request = &result["request"];
        assert_eq!(*name, format!("{computer}-{}", request["id"].as_str().expect("an id")));
        let there = fs::read_to_string(stick.folder.join("holdfast-logs").join(name).join("update.log")).expect("a log");
        let log = request["log"].as_str().expect("a log").replace('\\', "/");
        let here = fs::read_to_string(desk.wine.drive_c().join(log.trim_start_matches("C:/"))).expect("a log");
        assert!(there.contains("ended with") && here.starts_with(&there), "{name}");
    }
}

#[test]
fn a_stick_that_cannot_be_written_does_no_harm() {
    let desk = Desk::new(prefix(), "protected");
    let stick = Stick::new(&desk.wine);
    let update = desk.mini_update("update.exe");
    let play = |what: &str| {
        let site = desk.mini_site("site");
        desk.update(Path::new(r"E:\update.exe"), &site, &[]).expect(0);
        assert_eq!(result(&site)["request"]["state"], "done", "{what}");
        let log = fs::read_dir(site.join(".holdfast/logs"))
            .expect("logs")
            .next()
            .expect("a log")
            .expect("a log");
        let log = fs::read_to_string(log.path()).expect("a log");
        assert!(log.contains("could not be brought to “E:\\holdfast-logs"), "{what}: {log}");
        stick.nothing_is_left();
    };
    fs::copy(&update, stick.folder.join("update.exe")).expect("a copy");
    fs::write(stick.folder.join("holdfast-logs"), "in the way").expect("a file");
    play("a file in the way");

    let Some(volume) = Volume::mount(&stick.folder, 8192) else { return };
    fs::copy(&update, stick.folder.join("update.exe")).expect("a copy");
    volume.protect();
    play("a write-protected volume");
}

#[test]
fn the_stick_may_be_pulled_while_the_run_is_at_work() {
    let desk = Desk::new(prefix(), "pulled");
    let stick = Stick::new(&desk.wine);
    let (update, gate) = desk.gated_update("update.exe", "stage");
    fs::copy(update, stick.folder.join("update.exe")).expect("a copy");
    let (site, app) = (desk.mini_site("site"), desk.seen("site"));
    let mut command = desk.wine.program(Path::new(r"E:\update.exe"));
    let run = desk.wine.start(command.args(["/S", "--exit-codes", "own", "--app", &app]));
    gate.wait();
    let copies = copies(&desk.wine);
    assert!(matches!(copies.as_slice(), [one] if one.join("update.exe").is_file()), "{copies:?}");
    stick.pull();
    gate.open();
    assert_eq!(run.finished().code, Some(0), "{:#}", result(&site));
    assert_eq!(fs::read_to_string(site.join("VERSION")).expect("VERSION"), "2.0\n");
    assert!(stick.runs().is_empty());
    stick.nothing_is_left();
}

#[test]
fn runs_that_begin_together_leave_each_other_alone() {
    let desk = Desk::new(prefix(), "together");
    let stick = Stick::new(&desk.wine);
    let payload = desk.bench.mini_payload();
    // Bytes that do not pack, so that copying takes long enough to be met by another run.
    let noise = (0u32..8 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 ^ (n >> 7) as u8);
    write(&payload.join("code/big.bin"), noise.collect::<Vec<u8>>());
    desk.packed(&payload, &updater(), "update.exe");
    fs::copy(desk.path("update.exe"), stick.folder.join("update.exe")).expect("a copy");
    let begin = |n: usize| {
        let site = desk.mini_site(&format!("site{n}"));
        let words = ["/S", "--plan", "--exit-codes", "own", "--app", &desk.wine.seen(&site)];
        desk.wine.start(desk.wine.program(Path::new(r"E:\update.exe")).args(words))
    };
    let runs: Vec<Running> = (0..6).map(begin).collect();
    let codes: Vec<Option<i32>> = runs.into_iter().map(|run| run.finished().code).collect();
    assert_eq!(codes, [Some(0); 6]);
    assert_eq!(stick.runs().len(), 6);
    stick.nothing_is_left();
}

/// What the kit says for each exit code.
const SENTENCES: [(u32, &str); 15] = [
    (0, "Done: the new version is in place."),
    (3010, "restart the computer when it suits"),
    (112, "not enough free space"),
    (216, "is for a 64-bit Windows"),
    (740, "needs administrator rights"),
    (1602, "Cancelled"),
    (1603, "refused or failed"),
    (1604, "FAILED AND NOT RESTORED"),
    (1605, "the application was not found"),
    (1618, "Not now"),
    (1620, "the update file is damaged"),
    (1638, "Nothing to do"),
    (1639, "the command line is not right"),
    (1642, "does not fit"),
    (77, "The update ended with code 77"),
];

#[test]
fn the_kit_says_in_one_sentence_what_happened() {
    let desk = Desk::new(prefix(), "kit");
    let _stick = Stick::new(&desk.wine);
    let folder = desk.path("Kit (2) & more");
    copy_tree(&project().join("installer/usb-kit"), &folder);
    let site = desk.mini_site("site");
    let kit = |words: &str| {
        format!(
            "cd /d \"{}\"\r\ncmd /c update-silently.cmd {words}\r\necho code=%ERRORLEVEL%",
            desk.wine.seen(&folder)
        )
    };

    let ran = desk.wine.batch(&[kit("")]);
    assert!(ran.stdout.contains("update.exe is not beside update-silently.cmd"), "{ran:?}");
    assert_eq!(codes_in(&ran), [2]);

    fs::copy(helper("code.c", &desk.folder), folder.join("update.exe")).expect("a copy");
    let ran = desk.wine.batch(&SENTENCES.map(|(code, _)| kit(&code.to_string())));
    assert_eq!(codes_in(&ran), SENTENCES.map(|(code, _)| code));
    for ((_, sentence), said) in SENTENCES.iter().zip(ran.stdout.split("code=")) {
        assert!(said.contains(sentence), "{sentence}: {said}");
        assert!(said.contains("Nothing was written to the stick"), "{said}");
    }

    fs::copy(desk.mini_update("update.exe"), folder.join("update.exe")).expect("a copy");
    let app = format!("--app \"{}\"", desk.wine.seen(&site));
    let ran = desk
        .wine
        .batch(&[kit(&format!("--test {app}")), kit(&app), kit(&app), kit(&format!("rollback {app}"))]);
    assert_eq!(codes_in(&ran), [0, 0, 1638, 0], "{ran:?}");
    let logs: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("Log: ")).collect();
    assert_eq!(logs.len(), 4, "{ran:?}");
    for log in logs {
        let log = log.trim().trim_matches('"').replace('\\', "/");
        assert!(
            desk.wine.drive_c().join(log.trim_start_matches("C:/")).join("update.log").is_file(),
            "{log}"
        );
    }
}

#[test]
fn deployment_tools_read_their_own_numbers() {
    let desk = Desk::new(prefix(), "codes");
    let site = desk.mini_site("site");
    let app = format!("--app \"{}\"", desk.seen("site"));
    desk.mini_update("update.exe");
    let other = desk.mini_site("other");
    write(&other.join("lib/one.txt"), "somebody's own\n");
    fs::copy(updater(), desk.path("empty.exe")).expect("a copy");

    let failing = desk.bench.mini_payload();
    append(&failing, "[[check]]\nname = \"never\"\nsql = \"SELECT 1\"\nexpect = 2\n");
    desk.packed(&failing, &updater(), "failing.exe");
    desk.mini_site("failing");

    let codes = |program: &str, words: &[&str]| desk.codes(&desk.seen(program), words);
    assert_eq!(codes("failing.exe", &[&format!("/S --app \"{}\"", desk.seen("failing"))]), [1603]);
    assert_eq!(codes("empty.exe", &[&format!("/S {app}")]), [1620]);
    let words = [
        format!("/S {app}"),
        format!("/S {app}"),
        format!("/S {app} --exit-codes own"),
        format!("/S {app} --exit-codes windows"),
        format!("/S {app} --no-such-thing"),
        format!("/S {app} --no-such-thing --exit-codes own"),
        "/S /DIR=C:\\nowhere".to_owned(),
        format!("/S --app \"{}\"", desk.seen("other")),
        format!("recover --silent {app}"),
        format!("rollback --silent {app}"),
        format!("rollback --silent {app}"),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(codes("update.exe", &words), [0, 1638, 10, 1638, 1639, 2, 1605, 1642, 0, 0, 1603]);
    assert_eq!(fs::read_to_string(site.join("VERSION")).expect("VERSION"), "1.0\n");

    // Without `start` a batch file waits as well, and what is said goes where it is sent.
    let said = desk.path("said.txt");
    let line = format!(
        "\"{}\" /S {app} >\"{}\"\r\necho code=%ERRORLEVEL%",
        desk.seen("update.exe"),
        desk.wine.seen(&said)
    );
    assert_eq!(codes_in(&desk.wine.batch(&[line])), [0]);
    assert_eq!(
        fs::read_to_string(said).expect("what was said").trim(),
        "Mini 2.0 is in place, with all its data. This update was not rehearsed: a test."
    );
}

#[test]
fn a_file_that_somebody_has_open_is_1618() {
    let desk = Desk::new(prefix(), "held");
    let site = desk.mini_site("site");
    desk.mini_update("update.exe");
    let holder = desk.holder("hold.exe", &site.join("lib/one.txt"));
    let before = tree(&site);
    let codes = desk.codes(&desk.seen("update.exe"), &[&format!("/S /DIR=\"{}\"", desk.seen("site"))]);
    holder.lets_go();
    assert_eq!(codes, [1618]);
    assert_eq!(tree(&site), before);
    assert!(
        result(&site)["request"]["message"]
            .as_str()
            .expect("a sentence")
            .contains("hold.exe")
    );
}

#[test]
fn what_could_not_be_tidied_up_is_3010_and_the_next_start_does_it() {
    let desk = Desk::new(prefix(), "leftovers");
    let site = desk.mini_site("site");
    desk.mini_update("update.exe");
    write(&site.join(".holdfast/history"), "in the way of the journals");
    let app = format!("--silent --app \"{}\"", desk.seen("site"));
    let codes = desk.codes(&desk.seen("update.exe"), &[&app]);
    assert_eq!(codes, [3010]);
    assert_eq!(result(&site)["request"]["state"], "done");
    assert_eq!(fs::read_to_string(site.join("VERSION")).expect("VERSION"), "2.0\n");
    fs::remove_file(site.join(".holdfast/history")).expect("what was in the way");
    assert_eq!(desk.codes(&desk.seen("update.exe"), &[&format!("recover {app}")]), [0]);
    assert!(!site.join(".holdfast/journal.jsonl").exists());
}

#[test]
fn what_could_not_be_put_back_is_1604_and_recover_does_it() {
    let desk = Desk::new(prefix(), "broken");
    desk.faulty_update("update.exe");
    let (log, site) = (desk.path("operations"), desk.mini_site("site"));
    let before = tree(&site);
    desk.update_with(&desk.path("update.exe"), &site, &[], &[("HOLDFAST_OPLOG", desk.seen("operations"))])
        .expect(0);
    let second = live_renames(&log, &desk.seen("site"))[1];

    desk.mini_site("site");
    let app = format!("--silent --app \"{}\"", desk.seen("site"));
    // The device is gone from the second rename on.
    let lines = [
        format!("set HOLDFAST_FAULT=err:1117@{second}+"),
        format!("start \"\" /wait \"{}\" {app}\r\necho code=%ERRORLEVEL%", desk.seen("update.exe")),
        "set HOLDFAST_FAULT=".to_owned(),
        format!(
            "start \"\" /wait \"{}\" recover {app}\r\necho code=%ERRORLEVEL%",
            desk.seen("update.exe")
        ),
    ];
    let ran = desk.wine.batch(&lines);
    assert_eq!(codes_in(&ran), [1604, 0], "{ran:?}");
    assert_eq!(tree(&site), before);
}

#[test]
fn a_volume_without_room_is_112_and_one_that_is_write_protected_740() {
    let desk = Desk::new(prefix(), "volumes");
    let payload = desk.bench.mini_payload();
    write(&payload.join("code/big.bin"), vec![7; 3 << 20]);
    desk.packed(&payload, &updater(), "update.exe");
    let folder = desk.wine.drive_c().with_file_name("volume");
    for (is_protected, kib, code) in [(false, 2048, 112), (true, 65536, 740)] {
        let Some(volume) = Volume::mount(&folder, kib) else { return };
        let site = desk.bench.mini_site(&folder.join("site").to_string_lossy());
        let before = tree(&site);
        if is_protected {
            volume.protect();
        }
        assert_eq!(desk.codes(&desk.seen("update.exe"), &["/S /DIR=F:\\site"]), [code]);
        assert_eq!(tree(&site), before);
    }
}

#[test]
fn every_spelling_of_silence_is_silent() {
    let desk = Desk::new(prefix(), "spellings");
    let update = desk.mini_update("update.exe");
    let log = format!("/Log={}", desk.seen("a log.txt"));
    let (folder, own) = (format!("/dir={}", desk.seen("site")), ["--exit-codes", "own"]);
    for silence in ["/S", "/s", "/Quiet", "/QN", "/VerySilent", "-quiet"] {
        let site = desk.mini_site("site");
        let words = [silence, "/NORESTART", "/SuppressMsgBoxes", &folder, &log, own[0], own[1]];
        let ran = desk.wine.run(&update, &words).expect(0);
        assert!(
            ran.stdout.starts_with("Mini 2.0 is in place, with all its data."),
            "{silence}: {ran:?}"
        );
        assert_eq!(result(&site)["request"]["log"], desk.seen("a log.txt"), "{silence}");
    }
    let site = desk.mini_site("site");
    desk.wine
        .run(&update, &["/qn", "/l*v", &desk.seen("msi.log"), &folder, own[0], own[1]])
        .expect(0);
    assert!(fs::read_to_string(desk.path("msi.log")).expect("a log").contains("ended with 0"));
    assert!(
        fs::read_to_string(desk.path("a log.txt"))
            .expect("a log")
            .matches("ended with 0")
            .count()
            == 6
    );
    assert!(site.join(".holdfast/result.json").is_file());
}

#[test]
fn json_is_one_object_a_line_and_help_goes_to_whoever_reads() {
    let desk = Desk::new(prefix(), "json");
    let update = desk.mini_update("update.exe");
    let site = desk.mini_site("site");
    let ran = desk.update(&update, &site, &["--json"]).expect(0);
    let lines: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect();
    let ended = lines.last().expect("lines");
    assert_eq!(
        (&ended["event"], &ended["result"]["request"]["state"]),
        (&"ended".into(), &"done".into())
    );
    assert!(lines.iter().any(|line| line["event"] == "moved"));
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);

    let status: Value = serde_json::from_str(&desk.update(&update, &site, &["status", "--json"]).expect(0).stdout).expect("JSON");
    assert_eq!(status["installed"]["version"], "2.0");
    for help in ["/?", "/HELP", "--help"] {
        let said = desk.wine.run(&update, &[help]).expect(0).stdout;
        assert!(said.contains("usage: update") && said.contains("start \"\" /wait"), "{said}");
    }
    assert!(desk.wine.run(&update, &["--version"]).expect(0).stdout.starts_with("holdfast 0."));
    let wrong = desk.wine.run(&update, &["/S", "--sillent", "--exit-codes", "own"]).expect(2);
    assert!(wrong.stderr.contains("did you mean --silent?"), "{}", wrong.stderr);
}

#[test]
fn a_damaged_update_is_refused_before_anything() {
    let desk = Desk::new(prefix(), "damaged");
    let stick = Stick::new(&desk.wine);
    let (update, site) = (desk.mini_update("update.exe"), desk.mini_site("site"));
    let (whole, before) = (fs::read(update).expect("the update"), tree(&site));
    let stub = fs::metadata(updater()).expect("the stub").len() as usize;
    let mut flipped = whole.clone();
    // In the middle of the packed files, behind the mark of 64 bytes and before the list at the end.
    flipped[stub + 64 + 200] ^= 1;
    let words = format!("/S --app \"{}\"", desk.seen("site"));
    for (name, bytes) in [("flipped.exe", flipped.as_slice()), ("short.exe", &whole[..whole.len() - 100])] {
        for folder in [&desk.folder, &stick.folder] {
            fs::write(folder.join(name), bytes).expect("a file");
        }
        assert_eq!(desk.codes(&desk.seen(name), &[&words]), [1620], "{name}");
        assert_eq!(desk.codes(&format!(r"E:\{name}"), &[&words]), [1620], "{name}");
        assert_eq!(tree(&site), before, "{name}");
    }
    stick.nothing_is_left();
}

#[test]
fn nobody_is_asked_where_there_is_no_console() {
    // A box would be shown if there is a screen; so there is one, in a prefix that knows of it.
    let screen = Screen::new();
    let desk = Desk::new(Lent::alone(), "alone");
    desk.wine.show_on(&screen.display);
    desk.mini_update("update.exe");
    let site = desk.mini_site("site");
    let alone = helper("alone.c", &desk.folder);
    let said = |seconds: u32, words: &str| {
        let line = format!("\"{}\" {words}", desk.seen("update.exe"));
        let ran = desk.wine.run(&alone, &[seconds.to_string(), line]).expect(0);
        ran.stdout.trim().to_owned()
    };
    // Proof that a box would be noticed.
    assert_eq!(said(3, "--version"), "waits");
    let app = format!("--app \"{}\"", desk.seen("site"));
    let told = [
        ("--silent --plan", "code 0"),
        ("--silent --plan=json", "code 0"),
        ("--json --plan", "code 0"),
        ("status --silent", "code 0"),
        ("--silent --test", "code 0"),
        ("/S", "code 0"),
        ("/S", "code 1638"),
        ("/S --no-such-thing", "code 1639"),
        ("rollback --silent", "code 0"),
    ];
    let found = told.map(|(words, _)| (words, said(20, &format!("{words} {app}"))));
    assert_eq!(found, told.map(|(words, code)| (words, code.to_owned())));
    assert_eq!(fs::read_to_string(site.join("VERSION")).expect("VERSION"), "1.0\n");

    // Nor where the copy on this machine cannot be made.
    for user in fs::read_dir(desk.wine.drive_c().join("users")).expect("users") {
        let holdfast = user.expect("a user").path().join("AppData/Local/Holdfast");
        let _ = fs::remove_dir_all(&holdfast);
        if holdfast.parent().is_some_and(Path::is_dir) {
            write(&holdfast, "in the way");
        }
    }
    let words = format!("/S {app} --stick \"{}\"", desk.wine.seen(&desk.folder));
    assert_eq!(said(20, &words), "code 1603");
}
