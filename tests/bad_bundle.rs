//! A bundle that is missing, cut off, changed or made by somebody else: the updater refuses it by its reason, in a sentence, with
//! exit code 20, and the site stays as it was. `holdfast inspect` refuses the same files. No such bundle makes a wrong site.

mod support;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::panic::{catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;
use zip::write::SimpleFileOptions;

/// A bundle taken apart, to be put together again with a fault in it.
#[derive(Clone)]
struct Craft {
    manifest: Value,
    entries: Vec<(String, Vec<u8>)>,
}

impl Craft {
    /// The small product's bundle.
    fn new(bench: &Bench) -> Craft {
        let (payload, file) = (bench.mini_payload(), bench.path("good.bundle"));
        write(&payload.join("notes/2.0.md"), "News of 2.0\n");
        let mut pack = Command::new(HOLDFAST);
        run(pack
            .arg("pack")
            .arg(payload)
            .arg("-o")
            .arg(&file)
            .arg("--bundle-only")
            .args(UNREHEARSED))
        .expect(0);
        let bytes = fs::read(file).expect("a bundle");
        // Header and footer have 64 bytes each.
        let mut zip = zip::ZipArchive::new(Cursor::new(&bytes[64..bytes.len() - 64])).expect("a zip");
        let mut entries = Vec::new();
        for n in 0..zip.len() {
            let mut file = zip.by_index(n).expect("an entry");
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("content");
            entries.push((file.name().expect("a name").into_owned(), content));
        }
        let manifest = serde_json::from_slice(&entries.remove(0).1).expect("JSON");
        Craft { manifest, entries }
    }

    /// Lists an entry in the manifest, as if it had this content.
    fn list(mut self, path: &str, content: &[u8]) -> Craft {
        let entry = json!({ "path": path, "size": content.len(), "sha256": hash(content) });
        self.manifest["entries"].as_array_mut().expect("entries").push(entry);
        self
    }

    /// Puts an entry into the zip.
    fn put(mut self, path: &str, content: &[u8]) -> Craft {
        self.entries.push((path.to_owned(), content.to_vec()));
        self
    }

    /// Takes an entry out of the zip.
    fn take(mut self, path: &str) -> Craft {
        assert!(self.entries.iter().any(|(name, _)| name == path), "{path}");
        self.entries.retain(|(name, _)| name != path);
        self
    }

    /// Sets a value of the manifest, by its JSON pointer.
    fn set(mut self, place: &str, value: Value) -> Craft {
        let (parent, key) = place.rsplit_once('/').expect("a pointer");
        self.manifest.pointer_mut(parent).expect("it is there")[key] = value;
        self
    }

    /// The manifest.
    fn text(&self) -> Vec<u8> {
        serde_json::to_vec(&self.manifest).expect("JSON")
    }

    /// The bundle, with the zip as it is after some change.
    fn bundle_with(&self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
        sealed(&change(zipped(Some(&self.text()), &self.entries)), &self.text())
    }

    fn bundle(&self) -> Vec<u8> {
        self.bundle_with(|zip| zip)
    }
}

fn zipped(manifest: Option<&[u8]>, entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let manifest = manifest.map(|text| ("manifest.json", text));
    for (name, content) in manifest.into_iter().chain(entries.iter().map(|(n, c)| (n.as_str(), c.as_slice()))) {
        zip.start_file(name, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(content).expect("content");
    }
    zip.finish().expect("a zip").into_inner()
}

/// The key of whoever makes these bundles.
const KEY: u8 = 7;

/// Puts header, signature and footer around a zip, as a packer would whose manifest this is. A file beside a program is read only if it is
/// rightly signed.
fn sealed(zip: &[u8], manifest: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(manifest);
    let mark = |magic: &[u8], signatures: u64| {
        let numbers = [(zip.len() as u64).to_le_bytes(), signatures.to_le_bytes()];
        [magic, &numbers.concat(), digest.as_slice()].concat()
    };
    let signature = signed::key(KEY).sign(&hash(manifest));
    let (head, foot) = (b"\x93holdfast head\r\n", b"\x93holdfast foot\r\n");
    [mark(head, 0).as_slice(), zip, &signature, &mark(foot, signature.len() as u64)].concat()
}

/// Replaces every occurrence of some bytes by as many others.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let places: Vec<usize> = (0..=bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty() && from.len() == to.len());
    places.into_iter().for_each(|at| bytes[at..at + to.len()].copy_from_slice(to));
    bytes
}

/// Runs a program that is ended by a signal when it writes a file of more than some megabytes, or computes for long.
fn limited(program: impl AsRef<Path>, words: &[&str]) -> Ran {
    let limits = ["-c", "ulimit -f 4096; ulimit -t 20; exec \"$@\"", "sh"];
    run(Command::new("sh").args(limits).arg(program.as_ref()).args(words))
}

fn inspect(file: &Path) -> Ran {
    limited(HOLDFAST, &["inspect", &file.to_string_lossy()])
}

/// An updater's run, with the first failure of the result file that it leaves.
fn attempt(updater: &Path, site: &Path, more: &[&str]) -> (Ran, Value) {
    let file = site.with_extension("result");
    let (app, result) = (site.to_string_lossy(), file.to_string_lossy());
    let ran = limited(updater, &[&["--silent", "--app", &app, "--result", &result], more].concat());
    let result: Value = serde_json::from_slice(&fs::read(file).expect("a result file")).expect("JSON");
    (ran, result["failures"][0].clone())
}

/// Fails the test unless both programs refuse every file, with this reason and a message that holds these words, and leave the site as it was.
#[track_caller]
fn all_refused<M: AsRef<str>>(bench: &Bench, cases: impl IntoIterator<Item = (PathBuf, &'static str, M)>) {
    let (mut wrong, updater) = (Vec::new(), signed::pinned(bench, "pinned", &[KEY]));
    for (n, (file, reason, mention)) in cases.into_iter().enumerate() {
        let (site, mention) = (bench.mini_site(&format!("site-{n}")), mention.as_ref());
        let (before, name) = (tree(&site), file.to_string_lossy());
        let (ran, failure) = attempt(&updater, &site, &["--bundle", &name]);
        let told = |text: &str| text.contains(mention);
        let terminal = told(&ran.stderr) && ran.stderr.contains("Nothing was changed.");
        if ran.code != Some(20) || failure["reason"] != reason || !failure["message"].as_str().is_some_and(told) || !terminal {
            wrong.push(format!("{reason}, “{mention}”: {ran:?}, {failure}"));
        }
        if tree(&site) != before {
            wrong.push(format!("{reason}, “{mention}”: the site was changed"));
        }
        let ran = inspect(&file);
        if ran.code != Some(20) || !ran.stderr.contains(reason) || !told(&ran.stderr) {
            wrong.push(format!("{reason}, “{mention}”, inspected: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The same for bundles that are not in files yet.
#[track_caller]
fn all_crafts_refused<M: AsRef<str>>(bench: &Bench, cases: impl IntoIterator<Item = (Vec<u8>, &'static str, M)>) {
    let file = |(n, (bundle, reason, mention)): (usize, (Vec<u8>, _, _))| {
        let file = bench.path(&format!("crafted-{n}.bundle"));
        write(&file, bundle);
        (file, reason, mention)
    };
    all_refused(bench, cases.into_iter().enumerate().map(file));
}

/// What is there after a correct update: every file but the database, and what the database says.
fn world(site: &Path) -> (Vec<(String, String)>, String) {
    let files = tree(site).into_iter().filter(|(name, _)| !name.starts_with("data/"));
    (files.collect(), content(&site.join("data/mini.db")))
}

/// An updater with the small product's bundle behind it, and where that begins and ends. The bundle inside it is another product's.
fn appended(bench: &Bench) -> (PathBuf, u64, u64) {
    let updater = bench.pack(&bench.mini_payload(), "update");
    let [start, end] = [Path::new(UPDATER), &updater].map(|path| fs::metadata(path).expect("metadata").len());
    (updater, start, end)
}

/// Writes one byte of the updater. Another process does it: an executable that this process has open for writing might not start.
fn set_byte(bench: &Bench, at: u64, byte: u8) {
    write(&bench.path("byte"), [byte]);
    let words = ["if=byte", "of=update", &format!("seek={at}"), "bs=1", "conv=notrunc", "status=none"];
    run(Command::new("dd").args(words).current_dir(bench.path(""))).expect(0);
}

#[test]
fn a_bundle_that_is_put_together_again_unchanged_updates() {
    let bench = Bench::new();
    let (site, file) = (bench.mini_site("site"), bench.path("crafted.bundle"));
    write(&file, Craft::new(&bench).bundle());
    inspect(&file).expect(0);
    let updater = signed::pinned(&bench, "pinned", &[KEY]);
    update(&updater, &site, &["--bundle", &file.to_string_lossy()]).expect(0);
    assert_eq!(fs::read_to_string(site.join("VERSION")).expect("VERSION"), "2.0\n");
}

#[test]
fn a_file_without_an_update_is_refused_by_its_name() {
    let bench = Bench::new();
    write(&bench.path("letter.txt"), "Dear all,\n");
    write(&bench.path("empty.bin"), "");
    let cases = [
        (bench.path("letter.txt"), "BUNDLE:MISSING", "letter.txt"),
        (bench.path("empty.bin"), "BUNDLE:MISSING", "empty.bin"),
        // Executables that know the marks of a bundle, and carry none behind them.
        (UPDATER.into(), "BUNDLE:MISSING", "updater"),
        (HOLDFAST.into(), "BUNDLE:MISSING", "holdfast"),
        (bench.path("not-there.bundle"), "BUNDLE:DAMAGED", "not-there.bundle"),
        (bench.path(""), "BUNDLE:DAMAGED", "holdfast-test-"),
    ];
    all_refused(&bench, cases);
}

#[test]
fn a_refused_bundle_stands_in_the_result_file_of_the_site() {
    let bench = Bench::new();
    let (craft, site) = (Craft::new(&bench), bench.mini_site("site"));
    let updater = signed::pinned(&bench, "pinned", &[KEY]);
    let update_with = |bundle: &[u8], code| {
        write(&bench.path("bundle"), bundle);
        update(&updater, &site, &["--bundle", &bench.path("bundle").to_string_lossy()]).expect(code);
        (reason(&site), result(&site)["request"]["exit_code"].clone())
    };
    let good = craft.bundle();
    let changed = craft.take("code/start").put("code/start", b"other\n").bundle();
    for (code, bad) in [(0, &good[..good.len() - 1]), (10, &changed)] {
        assert_eq!(update_with(&good, code), (String::new(), json!(code)));
        assert_eq!(update_with(bad, 20), ("BUNDLE:DAMAGED".to_owned(), json!(20)));
    }
}

#[test]
fn an_updater_that_is_cut_off_is_refused_wherever_the_cut_is() {
    let bench = Bench::new();
    let (updater, start, end) = appended(&bench);
    let site = bench.mini_site("site");
    let before = tree(&site);
    let sixteenths = (1..16).map(|n| start + (end - start) * n / 16);
    let in_the_header = [16, 17, 63, 64, 65, 67, 68].map(|bytes| start + bytes);
    let mut lengths: Vec<u64> = sixteenths.chain(in_the_header).chain([end - 64, end - 1]).collect();
    lengths.sort_by_key(|length| std::cmp::Reverse(*length));
    let mut wrong = Vec::new();
    for length in lengths {
        run(Command::new("truncate").arg("-s").arg(length.to_string()).arg(&updater)).expect(0);
        let (ran, failure) = attempt(&updater, &site, &[]);
        let (inspected, left) = (inspect(&updater), length - start);
        assert_eq!(tree(&site), before, "{left} bytes of the bundle");
        let refused = |ran: &Ran| ran.code == Some(20) && ran.stderr.contains("its end is missing");
        if !refused(&ran) || !refused(&inspected) || failure["reason"] != "BUNDLE:DAMAGED" {
            wrong.push(format!("{left} bytes of the bundle: {ran:?}; {inspected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_changed_byte_is_refused_or_does_not_matter() {
    let bench = Bench::new();
    let (updater, start, end) = appended(&bench);
    let clean = bench.mini_site("clean");
    update(&updater, &clean, &[]).expect(0);
    let (new_world, bytes) = (world(&clean), fs::read(&updater).expect("the updater"));
    let mut site = bench.mini_site("site");
    let before = tree(&site);
    let (mut harmless, mut wrong, places) = (0, Vec::new(), 72);
    for n in 0..places {
        let at = start + (end - start - 1) * n / (places - 1);
        let byte = bytes[at as usize];
        set_byte(&bench, at, byte ^ if n % 2 == 0 { 0xff } else { 0x01 });
        let (ran, failure) = attempt(&updater, &site, &[]);
        let inspected = inspect(&updater);
        set_byte(&bench, at, byte);
        let reason = failure["reason"].as_str().unwrap_or_default();
        let right = match ran.code {
            Some(0) => world(&site) == new_world && inspected.code == Some(0),
            Some(20) => tree(&site) == before && reason.starts_with("BUNDLE:") && inspected.code == Some(20),
            _ => false,
        };
        if !right || [&ran, &inspected].iter().any(|ran| ran.stderr.contains("panicked")) {
            let (at, as_before) = (at - start, if tree(&site) == before { "as before" } else { "changed" });
            wrong.push(format!("byte {at}: {ran:?} {reason}, {as_before}; {inspected:?}"));
        }
        if ran.code == Some(0) {
            harmless += 1;
            site = bench.mini_site(&format!("site-{n}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {places}: {wrong:#?}", wrong.len());
    assert!(harmless * 2 < places, "{harmless} of {places} changes were not noticed");
}

#[test]
fn a_path_that_some_system_takes_for_another_is_refused() {
    let bench = Bench::new();
    let long = format!("code/{}x", "long/".repeat(41));
    let paths = "../outside.txt|code/../outside.txt|code/lib/../../outside.txt|notes/../outside.txt|/outside.txt|code//outside.txt|code/./start\
        |code/lib\\one.txt|C:/outside.txt|code/C:/outside.txt|code/start:stream|code/CON|code/lib/aux.txt|code/com1|code/dot.|code/blank \
        |code/line\nbreak|code/LIB/one.txt|code/start/inner.txt|code/shared|Releases/1.0/main.schema|code/.holdfast/journal|code/.HoldFast/new/start";
    let good = Craft::new(&bench);
    let craft = |path: &str| good.clone().list(path, b"evil\n").put(path, b"evil\n").bundle();
    let name = |path: &str| path.strip_prefix("code/").unwrap_or(path).escape_debug().to_string();
    let paths = paths.split('|').chain([long.as_str()]);
    all_crafts_refused(&bench, paths.map(|path| (craft(path), "BUNDLE:NAME", name(path))));
    assert!(!bench.path("outside.txt").exists());
}

#[test]
fn a_zip_that_is_not_what_its_manifest_says_is_refused() {
    let (one, step, schema) = ("code/lib/one.txt", "migrations/2.0/main/10_item.sql", "releases/1.0/main.schema");
    let bench = Bench::new();
    let good = Craft::new(&bench);
    let changed = |path: &str, content: &str| good.clone().take(path).put(path, content.as_bytes());
    let cases = [
        (good.clone().put("code/extra.txt", b"more\n"), "its manifest lists"),
        (good.clone().take(one), "its manifest lists"),
        (good.clone().take(one).put("code/lib/on3.txt", b"one of 2.0\n"), "code/lib/on3.txt"),
        (changed(one, "one of 2.1\n"), one),
        (changed(one, "one of 2.0\n and more\n"), one),
        (changed(one, ""), one),
        (changed("notes/2.0.md", "Other news\n"), "notes/2.0.md"),
        (changed(step, "DROP TABLE thing;\n"), step),
        (changed(schema, ""), schema),
    ];
    all_crafts_refused(&bench, cases.map(|(craft, mention)| (craft.bundle(), "BUNDLE:DAMAGED", mention)));
}

#[test]
fn a_zip_that_names_a_file_twice_is_refused() {
    let bench = Bench::new();
    let good = Craft::new(&bench).take("code/lib/one.txt");
    let twice = |first: &[u8], second: &[u8]| {
        let craft = good.clone().put("code/lib/one.txt", first).put("code/lib/0ne.txt", second);
        craft.bundle_with(|zip| patched(zip, b"code/lib/0ne.txt", b"code/lib/one.txt"))
    };
    let bundles = [twice(b"one of 2.0\n", b"not of 2.0\n"), twice(b"not of 2.0\n", b"one of 2.0\n")];
    all_crafts_refused(&bench, bundles.map(|bundle| (bundle, "BUNDLE:DAMAGED", "damaged")));
}

#[test]
fn an_entry_that_swells_beyond_its_size_is_refused_before_it_is_written() {
    const SWOLLEN: u32 = 200 << 20;
    let bench = Bench::new();
    let good = Craft::new(&bench);
    let cases = ["code/bomb.bin", "notes/bomb.txt"].map(|path| {
        let craft = good.clone().list(path, &[0; 10]).put(path, &vec![0; SWOLLEN as usize]);
        let lying = craft.bundle_with(|zip| patched(zip, &SWOLLEN.to_le_bytes(), &10u32.to_le_bytes()));
        assert!(lying.len() < 1 << 20);
        [(craft.bundle(), "BUNDLE:DAMAGED", path), (lying, "BUNDLE:DAMAGED", path)]
    });
    all_crafts_refused(&bench, cases.into_iter().flatten());
}

#[test]
fn a_manifest_that_this_program_does_not_understand_is_refused() {
    let (damaged, format, name) = ("BUNDLE:DAMAGED", "BUNDLE:FORMAT", "BUNDLE:NAME");
    let cases = [
        ("/format", json!(99), format, "format 99"),
        ("/format", json!(0), format, "format 0"),
        ("/product/version", json!("two"), damaged, "two"),
        ("/product", json!({ "id": "mini" }), damaged, "name"),
        ("/surprise", json!(true), damaged, "surprise"),
        ("/application/surprise", json!(1), damaged, "surprise"),
        ("/entries/0/surprise", json!("?"), damaged, "surprise"),
        ("/starts/0/files", json!("none.txt"), damaged, "none.txt"),
        ("/starts/0/schemas/main", json!("no.schema"), damaged, "no.schema"),
        ("/schemas/main", json!("none.schema"), damaged, "none.schema"),
        ("/migrations/0/steps/0/entry", json!("none.sql"), damaged, "none.sql"),
        ("/application/edit/0/file", json!("../victim.txt"), name, "../victim.txt"),
        ("/application/version/file", json!("../VERSION"), name, "../VERSION"),
    ];
    let bench = Bench::new();
    write(&bench.path("victim.txt"), "colour = blue\n");
    write(&bench.path("VERSION"), "1.0\n");
    let good = Craft::new(&bench);
    let crafts = cases.map(|(place, value, reason, mention)| (good.clone().set(place, value).bundle(), reason, mention));
    let check = catch_unwind(|| all_crafts_refused(&bench, crafts));
    let victim = fs::read_to_string(bench.path("victim.txt")).expect("a file beside the sites");
    assert_eq!(victim, "colour = blue\n");
    check.unwrap_or_else(|panic| resume_unwind(panic));
}

#[test]
fn a_manifest_that_is_none_or_another_is_refused() {
    let bench = Bench::new();
    let good = Craft::new(&bench);
    let (entries, text) = (&good.entries, good.text());
    let with = |text: &[u8]| sealed(&zipped(Some(text), entries), text);
    let other = good.clone().set("/checks/0/name", json!("another question")).text();
    let cases = [
        (with(b"format = 1\n"), "makes no sense"),
        (with(b"\xff\xfe{}"), "makes no sense"),
        (with(b""), "makes no sense"),
        (sealed(&zipped(Some(&other), entries), &text), "not the one that was packed"),
        (sealed(&zipped(None, entries), &text), "no manifest"),
        (sealed(b"no zip at all", &text), "list of files"),
    ];
    all_crafts_refused(&bench, cases.map(|(bundle, mention)| (bundle, "BUNDLE:DAMAGED", mention)));
}
