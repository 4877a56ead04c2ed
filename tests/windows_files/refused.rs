//! What Wine does not show, injected: Windows refuses a rename while a scanner or an indexer looks at what was just written. A refusal that
//! passes is not noticed; one that lasts gives the old pair back, and names the file. A volume is what the system says that it is.

use crate::play::{Play, swap};
use crate::support::matrix::Refusal;
use crate::support::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Access denied, sharing violation, lock violation, folder not empty, mapped file:
/// <https://learn.microsoft.com/windows/win32/debug/system-error-codes>.
const CODES: [i32; 5] = [5, 32, 33, 145, 1224];

/// A refusal at every rename of the swap, and every kind of them at one, on both cores, each with a site of its own.
fn everywhere(name: &str, check: impl Fn(&Play, usize, &str, i32) -> Result<(), String> + Sync) {
    let (tried, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for worker in 0..2 {
            let (tried, wrong, check) = (&tried, &wrong, &check);
            scope.spawn(move || {
                let play = Play::faulty(&format!("{name}-{worker}"));
                let renames = swap(&play.operations());
                let master = play.bench.path("master");
                copy_tree(&play.site, &master);
                let everywhere = renames.iter().enumerate().map(|(k, rename)| (rename, CODES[k % CODES.len()]));
                let one = renames.iter().filter(|(_, path)| path == ".holdfast/new/lib");
                let cases = everywhere.chain(one.flat_map(|rename| CODES.map(|code| (rename, code))));
                for ((n, path), code) in cases.skip(worker).step_by(2) {
                    std::fs::remove_dir_all(&play.site).expect("removed");
                    copy_tree(&master, &play.site);
                    tried.fetch_add(1, Ordering::Relaxed);
                    if let Err(why) = check(&play, *n, path, code) {
                        let mut wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
                        wrong.push(format!("error {code} at {path}: {why}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic inside");
    println!("{name}: {} refusals tried, {} wrong", tried.into_inner(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_rename_that_is_refused_three_times_succeeds_at_the_fourth() {
    everywhere("passing", |play, n, _, code| {
        let (refusal, log) = (Refusal::new(n as u64, (code, "x3")), play.folder.join("fired"));
        let _ = std::fs::remove_file(&log);
        let environment = [("HOLDFAST_FAULT", refusal.order()), ("HOLDFAST_OPLOG", play.wine.seen(&log))];
        let ran = play.update_with(&[], &environment);
        match ran.code {
            Some(0) => play.expect_new(),
            other => return Err(format!("ended with {other:?}: {}", ran.stderr)),
        }
        refusal.fired(&log)
    });
}

#[test]
fn a_rename_that_stays_refused_gives_the_old_pair_back_and_names_the_file() {
    everywhere("lasting", |play, n, path, code| {
        let before = play.now();
        let environment = [
            ("HOLDFAST_FAULT", format!("err:{code}@{n}")),
            ("HOLDFAST_PATIENCE_MS", "0".to_owned()),
        ];
        let ran = play.update_with(&[], &environment);
        if !matches!(ran.code, Some(30 | 50)) {
            return Err(format!("ended with {:?}: {}", ran.code, ran.stderr));
        }
        if !ran.stderr.contains(&play.seen(path)) || !ran.stderr.contains("as before") {
            return Err(format!("said {}", ran.stderr));
        }
        (play.now() == before).then_some(()).ok_or_else(|| "not the old pair".to_owned())
    });
}

#[test]
fn two_seconds_of_a_scanner_are_waited_for() {
    let play = Play::faulty("scanner");
    let renames = swap(&play.operations());
    let (n, _) = renames.iter().find(|(_, path)| path == ".holdfast/new/lib").expect("a folder");
    // Pauses of 20, 40, … 640 ms and one of a second: the eighth attempt comes after 2.3 s.
    let started = std::time::Instant::now();
    play.update_with(&[], &[("HOLDFAST_FAULT", format!("err:32@{n}x7"))]).expect(0);
    assert!(started.elapsed().as_millis() >= 2_200, "{:?}", started.elapsed());
    play.expect_new();
}

#[test]
fn whom_the_restart_manager_knows_is_named() {
    let play = Play::faulty("restart-manager");
    let (before, held) = (play.now(), play.hold(&play.site.join("bin/part.dll"), "r"));
    let said = [("HOLDFAST_RESTART_MANAGER", "Büro & Söhne.exe:4711".to_owned())];
    let ran = play.update_with(&[], &said).expect(50);
    assert!(ran.stderr.contains("“Büro & Söhne.exe” (process 4711)"), "{}", ran.stderr);
    assert!(ran.stderr.contains(&play.seen("bin/part.dll")), "{}", ran.stderr);
    let holder = &result(&play.site)["failures"][0]["fields"]["holders"][0];
    assert_eq!(
        (holder["pid"].as_i64(), holder["name"].as_str()),
        (Some(4711), Some("Büro & Söhne.exe"))
    );
    assert_eq!(play.now(), before);
    held.let_go();
    play.update(&[]).expect(0);
    play.expect_new();
}

#[test]
fn a_fat_volume_is_refused_and_a_network_share_is_named() {
    let play = Play::faulty("volume");
    let before = play.now();
    for system in ["FAT32", "exFAT"] {
        let ran = play.update_with(&[], &[("HOLDFAST_VOLUME", system.to_owned())]).expect(20);
        assert!(ran.stderr.contains(&format!("on a FAT volume ({system})")), "{}", ran.stderr);
        assert_eq!(reason(&play.site), "TARGET:VOLUME");
        assert_eq!(play.now(), before);
    }
    play.update_with(&[], &[("HOLDFAST_VOLUME", "NTFS:remote".to_owned())]).expect(0);
    let warnings = result(&play.site)["request"]["warnings"].to_string();
    assert!(warnings.contains("on a network share (NTFS)"), "{warnings}");
    play.expect_new();
}
