//! Windows, around the run: recovery at the next logon, one updater at a time, the list of installed programs, signatures, and DLLs that
//! somebody has put beside the program.

#[path = "support/desk.rs"]
mod desk;
mod support;

use desk::{Desk, Screen, live_renames, registry};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use support::wine::{Lent, Wine, dll, helper, until, updater};
use support::*;

const RUN: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";

/// The programs that run at the next logon to recover something.
fn standing_by(wine: &Wine) -> Vec<String> {
    let text = registry(wine, RUN);
    text.lines()
        .filter(|line| line.contains("Holdfast"))
        .map(|line| line.trim().to_owned())
        .collect()
}

/// A site's code, and what its database says.
fn pair(site: &Path) -> (BTreeMap<String, String>, String) {
    let code = tree(site).into_iter().filter(|(path, _)| !path.starts_with("data/")).collect();
    (code, content(&site.join("data/mini.db")))
}

#[test]
fn an_update_that_was_cut_off_ends_at_the_next_logon() {
    let wine = Arc::new(Lent::alone());
    let desk = Desk::new(wine.clone(), "cut");
    let update = desk.faulty_update("update.exe");
    let site = desk.mini_site("whole");
    let old = pair(&site);
    let log = [("HOLDFAST_OPLOG", desk.seen("operations"))];
    desk.update_with(&update, &site, &[], &log).expect(0);
    let (new, renames) = (pair(&site), live_renames(&desk.path("operations"), &desk.seen("whole")));
    assert_eq!(standing_by(&wine), [""; 0]);

    // Before the first rename of the live pair, among them, before the first one of the new pair, and before the last.
    let last = *fs::read_to_string(desk.path("operations"))
        .expect("operations")
        .lines()
        .filter(|line| line.contains("\trename\t") && line.contains(r"\.holdfast\new\"))
        .filter_map(|line| line.split('\t').next()?.parse().ok())
        .collect::<Vec<u64>>()
        .last()
        .expect("renames from the stage");
    let cuts = [renames[0], renames[1], renames[renames.len() - 1] + 1, last, last + 1];
    let mut sites: Vec<PathBuf> = Vec::new();
    for n in cuts {
        // Each run gets a site whose path is as long, so that its operations have the same numbers.
        let site = desk.mini_site(&format!("cut{:02}", sites.len()));
        desk.update_with(&update, &site, &[], &[("HOLDFAST_FAULT", format!("crash@{n}"))])
            .expect(137);
        assert!(site.join(".holdfast/journal.jsonl").is_file(), "crash@{n}");
        let commands = standing_by(&wine).join("\n");
        let command = format!("\"{}\" recover", wine.seen(&site.join(".holdfast/recover.exe")));
        assert!(commands.contains(&command), "crash@{n}: {commands}");
        sites.push(site);
    }
    let torn = sites.iter().filter(|site| ![&old, &new].contains(&&half(site))).count();
    assert!(torn >= 3, "only {torn} of the cuts left a pair that is neither old nor new");

    let screen = Screen::new();
    wine.show_on(&screen.display);
    logon(&wine);
    until("all sites are recovered", || {
        let is_done = |site: &PathBuf| !site.join(".holdfast/journal.jsonl").exists();
        (sites.iter().all(is_done) && standing_by(&wine).is_empty()).then_some(())
    });
    for (site, n) in sites.iter().zip(cuts) {
        let found = pair(site);
        assert!(found == old || found == new, "crash@{n}: {found:#?}");
        assert_eq!(found == new, n > last, "crash@{n}");
    }
}

/// As [`pair`], but a database that is not there is no failure.
fn half(site: &Path) -> (BTreeMap<String, String>, String) {
    match site.join("data/mini.db").exists() {
        true => pair(site),
        false => (tree(site), String::new()),
    }
}

/// Ends all programs, and starts what a user's logon starts.
fn logon(wine: &Wine) {
    wine.restart();
    let started = wine.command("wineboot").status();
    assert!(started.is_ok_and(|s| s.success()), "wineboot failed");
}

#[test]
fn one_updater_at_a_time_and_recovery_stands_by_while_it_works() {
    let desk = Desk::new(Lent::new(), "once");
    let (update, gate) = desk.gated_update("update.exe", "live");
    let (site, other) = (desk.mini_site("site"), desk.mini_site("other"));
    let before = pair(&other);
    let app = format!("/S /DIR=\"{}\"", desk.seen("site"));
    let words = ["/S", "--app", &desk.seen("site"), "--exit-codes", "own"];
    let run = desk.wine.start(desk.wine.program(&update).args(words));
    gate.wait();
    let program = site.join(".holdfast/recover.exe");
    let command = format!("\"{}\" recover", desk.wine.seen(&program));
    assert!(standing_by(&desk.wine).iter().any(|line| line.contains(&command)));
    assert!(
        fs::read(program).expect("recover.exe") == fs::read(updater()).expect("the stub"),
        "it carries no bundle"
    );
    assert_eq!(
        desk.codes(
            &desk.seen("update.exe"),
            &[&app, &format!("recover {app}"), &format!("rollback {app}")]
        ),
        [1618; 3]
    );
    gate.open();
    assert_eq!(run.finished().code, Some(0), "{:#}", result(&site));
    assert!(!standing_by(&desk.wine).iter().any(|line| line.contains(&command)));

    // Refused, updated, rolled back: nothing stands by afterwards.
    write(&other.join("lib/one.txt"), "somebody's own\n");
    desk.update(&update, &other, &[]).expect(20);
    write(&other.join("lib/one.txt"), "one of 1.0\n");
    desk.update(&update, &other, &[]).expect(0);
    desk.update(&update, &other, &["rollback"]).expect(0);
    assert_eq!(pair(&other), before);
    assert!(!standing_by(&desk.wine).iter().any(|line| line.contains(r"\once\")));
}

const USER: &str = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Uninstall";
const MACHINE: &str = r"HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Uninstall";
const MACHINE_32: &str = r"HKEY_LOCAL_MACHINE\Software\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall";

const ENTRIES: &str = r#"REGEDIT4

[{USER}\Mini]
"DisplayName"="Mini 1.0"
"DisplayVersion"="1.0"
"InstallLocation"="\"C:\\arp\\site\\\""
"UninstallString"="C:\\arp\\site\\uninstall.exe"

[{MACHINE}\Mini 64]
"DisplayName"="Mini"
"DisplayVersion"="1.0"
"InstallLocation"="c:\\ARP\\Site"
"InstallDate"="20200131"
"EstimatedSize"=dword:00012345
"VersionMajor"=dword:00000001
"VersionMinor"=dword:00000009

[{MACHINE_32}\Mini 32]
"DisplayName"="Mini 1.0 for everybody"
"InstallLocation"="C:\\arp\\site\\"

[{MACHINE}\{12345678-1234-1234-1234-123456789012}]
"DisplayName"="Mini 1.0"
"DisplayVersion"="1.0"
"InstallLocation"="C:\\arp\\site\\"
"WindowsInstaller"=dword:00000001

[{USER}\Neighbour]
"DisplayName"="Neighbour 1.0"
"DisplayVersion"="1.0"
"InstallLocation"="C:\\arp\\site2"

[{USER}\Nowhere]
"DisplayName"="Nowhere 1.0"
"DisplayVersion"="1.0"
"#;

/// What the three parts of the list say.
fn listed(desk: &Desk) -> String {
    [USER, MACHINE, MACHINE_32].map(|key| desk.registry(key)).join("\n")
}

/// The values of one key, as text without their kinds.
fn values(desk: &Desk, key: &str) -> BTreeMap<String, String> {
    let text = desk.registry(key);
    let value = |line: &str| {
        let mut parts = line.trim().splitn(3, "    ");
        Some((parts.next()?.to_owned(), parts.nth(1)?.to_owned()))
    };
    text.lines().filter_map(value).collect()
}

#[test]
fn the_list_of_programs_follows_the_version_both_ways() {
    let desk = Desk::new(Lent::new(), "arp");
    let update = desk.mini_update("update.exe");
    let (site, file) = (desk.mini_site("site"), desk.path("entries.reg"));
    let text = ENTRIES
        .replace("{USER}", USER)
        .replace("{MACHINE}", MACHINE)
        .replace("{MACHINE_32}", MACHINE_32);
    write(&file, text.replace('\n', "\r\n"));
    desk.wine.run(Path::new("reg"), &["import", &desk.wine.seen(&file)]).expect(0);
    let before = listed(&desk);
    assert!(before.contains("Mini 32") && before.contains("Mini 64"), "{before}");

    desk.update(&update, &site, &[]).expect(0);
    let after = listed(&desk);
    let names = |text: &str| {
        text.lines()
            .filter(|l| l.starts_with("HKEY"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&after), names(&before), "no entry is made");
    let user = values(&desk, &format!(r"{USER}\Mini"));
    assert_eq!(
        (&*user["DisplayName"], &*user["DisplayVersion"], user.len()),
        ("Mini 2.0", "2.0", 4)
    );
    let wide = values(&desk, &format!(r"{MACHINE}\Mini 64"));
    assert_eq!((&*wide["DisplayName"], &*wide["DisplayVersion"]), ("Mini", "2.0"));
    assert_eq!((&*wide["VersionMajor"], &*wide["VersionMinor"]), ("0x2", "0x0"));
    assert_eq!(wide["EstimatedSize"], format!("0x{:x}", bytes(&site) / 1024));
    let request = &result(&site)["request"];
    let day = |key: &str| request[key].as_str().expect("a time").replace('-', "")[..8].to_owned();
    assert!([day("created_at"), day("processed_at")].contains(&wide["InstallDate"]), "{wide:?}");
    let narrow = values(&desk, &format!(r"{MACHINE_32}\Mini 32"));
    assert_eq!(
        (&*narrow["DisplayName"], &*narrow["DisplayVersion"], narrow.len()),
        ("Mini 2.0 for everybody", "2.0", 3)
    );
    for key in [
        format!(r"{MACHINE}\{{12345678-1234-1234-1234-123456789012}}"),
        format!(r"{USER}\Neighbour"),
        format!(r"{USER}\Nowhere"),
    ] {
        assert_eq!(values(&desk, &key)["DisplayVersion"], "1.0", "{key}");
    }

    desk.update(&update, &site, &["rollback"]).expect(0);
    assert_eq!(listed(&desk), before);
    desk.update(&update, &site, &[]).expect(0);
    assert_eq!(listed(&desk), after);
}

/// What a site takes, in bytes, without what is Holdfast's own.
fn bytes(site: &Path) -> u64 {
    let files = tree(site).into_keys().map(|path| fs::metadata(site.join(path)).expect("a file"));
    files.filter(fs::Metadata::is_file).map(|meta| meta.len()).sum()
}

#[test]
fn a_signature_hides_nothing_and_is_kept() {
    let desk = Desk::new(Lent::new(), "signed");
    desk.mini_update("update.exe");
    let keys = desk.path("keys");
    let signed = run(Command::new(project().join("installer/sign-test"))
        .arg("--keys")
        .arg(&keys)
        .arg(desk.path("update.exe")))
    .expect(0);
    let signed = PathBuf::from(signed.stdout.trim());
    assert_eq!(signed, desk.path("update.signed.exe"));
    let is_valid = |file: &Path| {
        let ran = run(Command::new("osslsigncode")
            .arg("verify")
            .arg("-CAfile")
            .arg(keys.join("ca.pem"))
            .arg("-in")
            .arg(file));
        ran.code == Some(0)
    };
    let whole = fs::read(&signed).expect("the signed updater");

    let site = desk.mini_site("site");
    let mut flipped = whole.clone();
    flipped[fs::metadata(updater()).expect("the stub").len() as usize + 64 + 200] ^= 1;
    fs::write(desk.path("flipped.exe"), &flipped).expect("a file");
    assert!(is_valid(&signed) && !is_valid(&desk.path("flipped.exe")));
    let before = tree(&site);
    let words = format!("/S /DIR=\"{}\"", desk.seen("site"));
    assert_eq!(desk.codes(&desk.seen("flipped.exe"), &[&words]), [1620]);
    assert_eq!(tree(&site), before);

    assert_eq!(desk.codes(&desk.seen("update.signed.exe"), &[&words, &words]), [0, 1638]);
    let recover = site.join(".holdfast/recover.exe");
    assert!(fs::read(&recover).expect("recover.exe") == whole && is_valid(&recover));
    assert!(fs::read(&signed).expect("the signed updater") == whole);
}

/// DLLs of the system that programs load, and that are searched for beside the program first if nobody takes care.
const DLLS: [&str; 26] = [
    "apphelp",
    "bcrypt",
    "comctl32",
    "cryptbase",
    "cryptsp",
    "dbghelp",
    "dwmapi",
    "iphlpapi",
    "mpr",
    "msimg32",
    "netapi32",
    "ntmarta",
    "oleacc",
    "profapi",
    "propsys",
    "rstrtmgr",
    "secur32",
    "setupapi",
    "sspicli",
    "userenv",
    "uxtheme",
    "version",
    "winmm",
    "wintrust",
    "winsta",
    "wtsapi32",
];

#[test]
fn nothing_is_loaded_from_the_folder_of_the_program() {
    let desk = Desk::new(Lent::new(), "planted");
    let planted = dll("planted.c", &desk.folder);
    let stick = desk.path("stick");
    fs::create_dir(&stick).expect("a folder");
    for name in DLLS {
        fs::copy(&planted, stick.join(name).with_extension("dll")).expect("a copy");
    }
    fs::copy(desk.mini_update("update.exe"), stick.join("update.exe")).expect("a copy");
    fs::copy(helper("load.c", &desk.folder), stick.join("load.exe")).expect("a copy");
    let loaded = || -> Vec<String> {
        let names = fs::read_dir(&stick)
            .expect("a folder")
            .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".loaded")).collect()
    };

    let site = desk.mini_site("site");
    let update = stick.join("update.exe");
    desk.update(&update, &site, &["--test"]).expect(0);
    desk.update(&update, &site, &["--stick", &desk.seen("stick")]).expect(0);
    desk.update(&update, &site, &["rollback"]).expect(0);
    // Somebody has a file open, so that it is asked who.
    let holder = desk.holder("hold.exe", &site.join("lib/one.txt"));
    desk.update(&update, &site, &[]).expect(50);
    holder.lets_go();
    assert_eq!(loaded(), [""; 0]);

    // Proof that it would be noticed: a careless program loads what lies beside it.
    desk.wine.run(&stick.join("load.exe"), &["rstrtmgr.dll"]).expect(0);
    assert_eq!(loaded(), ["rstrtmgr.dll.loaded"]);
}
