//! Sahana Eden at full size: generated code trees of two releases, the payload, and an installed site.
#![allow(dead_code, reason = "the benchmark uses a part of it")]

use crate::support::*;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The settings of the site, which the update edits.
pub const CONFIG: &str = "applications/eden/models/000_config.py";
/// The database.
pub const DATABASE: &str = "databases/storage.db";
/// Without this nothing can be started.
pub const ENTRY: &str = "web2py.py";

/// Folder (`{}` is a number), ending, how many such folders, how many files in each.
const FOLDERS: [(&str, &str, usize, usize); 12] = [
    ("applications/eden/controllers", "py", 1, 120),
    ("applications/eden/languages", "py", 1, 60),
    ("applications/eden/models", "py", 1, 40),
    ("applications/eden/modules/s3", "py", 1, 150),
    ("applications/eden/modules/s3db", "py", 1, 90),
    ("applications/eden/modules/templates/T{}", "py", 60, 30),
    ("applications/eden/static/scripts/S3/part{}", "js", 80, 30),
    ("applications/eden/static/themes/theme{}/img", "png", 60, 40),
    ("applications/eden/static/formats/f{}", "xsl", 50, 20),
    ("applications/eden/views/page{}", "html", 60, 20),
    ("gluon/packages/part{}", "py", 10, 30),
    ("site-packages/package{}/lib", "py", 40, 25),
];
const OTHER_SCRIPTS: [&str; 2] = [
    "applications/eden/languages/español.py",
    "applications/eden/static/img/Überblick.png",
];
const WORDS: [&str; 8] = [
    "def ",
    "settings.",
    "organisation",
    "(request)",
    " = ",
    "table.id",
    "T(\"Shelter\")",
    "return ",
];

/// Numbers that only look like chance: Knuth's linear congruential generator.
pub struct Lcg(pub u64);

impl Lcg {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

/// A program file: 200 bytes to 20 kB, most of them small.
fn text(path: &str, release: u64) -> String {
    let mut chance = Lcg(path.bytes().fold(release, |n, b| n.wrapping_mul(31).wrapping_add(b.into())));
    let spread = 19_800 >> chance.below(12);
    let length = 200 + chance.below(spread) as usize;
    let mut text = format!("# {path} of {release}\n");
    while text.len() < length {
        text += WORDS[chance.below(8) as usize];
        text += &chance.below(100_000).to_string();
        text += if chance.below(4) == 0 { "\n" } else { " " };
    }
    text
}

/// The code of both releases: of 10,000 files 15 in a hundred change and 2 go, and 300 come.
pub fn code_trees(payload: &Path) {
    let (old, new) = (payload.join("releases/2020.05/code"), payload.join("code"));
    let mut chance = Lcg(2020);
    for path in paths() {
        write(&old.join(&path), text(&path, 2020));
        match chance.below(100) {
            0..15 => write(&new.join(&path), text(&path, 2022)),
            15..17 => {}
            _ => link(&old.join(&path), &new.join(&path)),
        }
    }
    for n in 0..300 {
        let path = format!("applications/eden/modules/core/file_{n}.py");
        write(&new.join(&path), text(&path, 2022));
    }
    for (tree, version) in [(&old, "2020.05"), (&new, "2022.05")] {
        write(&tree.join("VERSION"), format!("{version}\n"));
        write(&tree.join(ENTRY), format!("#!/usr/bin/env python\nprint(\"{version}\")\n"));
        executable(&tree.join(ENTRY));
        assert!(count(tree) >= 10_000);
    }
}

fn paths() -> impl Iterator<Item = String> {
    let numbered = FOLDERS.iter().flat_map(|(folder, ending, folders, files)| {
        let name = move |n: usize, file: usize| format!("{}/file_{file}.{ending}", folder.replace("{}", &n.to_string()));
        (0..*folders).flat_map(move |n| (0..*files).map(move |file| name(n, file)))
    });
    numbered.chain(OTHER_SCRIPTS.map(str::to_owned))
}

fn link(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a parent")).expect("folders");
    // Between two disks there are no links.
    fs::hard_link(from, to)
        .or_else(|_| fs::copy(from, to).map(|_| ()))
        .expect("a link or a copy");
}

/// A copy of a folder of which nothing is ever written to: the files are the same ones.
pub fn link_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => link_tree(&path, &target),
            false => link(&path, &target),
        }
    }
}

fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    entries.map(|p| if p.is_dir() { count(&p) } else { 1 }).sum()
}

/// A file of the fixtures.
pub fn fixture(name: &str) -> PathBuf {
    project().join("tests/fixtures/eden").join(name)
}

/// The payload as it is, with the generated code.
pub fn eden_payload(bench: &Bench) -> PathBuf {
    let payload = bench.path("payload");
    copy_tree(&fixture("payload"), &payload);
    code_trees(&payload);
    payload
}

/// The database of a run with [`quick_payload`].
pub const QUICK: &str = "CREATE TABLE hms_hospital (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO hms_hospital VALUES (1, 'St. John');";

/// A quarter of the code, and a database of one table, whose migration takes no time: for what surrounds the migration.
pub fn quick_payload(bench: &Bench, full: &Path) -> PathBuf {
    let payload = bench.path("quick");
    link_tree(&full.join("notes"), &payload.join("notes"));
    for tree in ["code", "releases/2020.05/code"] {
        for part in ["applications/eden/models", "applications/eden/modules", "gluon"] {
            link_tree(&full.join(tree).join(part), &payload.join(tree).join(part));
        }
        for file in ["VERSION", ENTRY] {
            link(&full.join(tree).join(file), &payload.join(tree).join(file));
        }
    }
    let manifest = fs::read_to_string(full.join("holdfast.toml")).expect("holdfast.toml");
    let end = manifest.find("[[check]]").expect("checks");
    write(&payload.join("holdfast.toml"), &manifest[..end]);
    write(&payload.join("releases/2020.05/main.sql"), QUICK);
    let step = payload.join("migrations/2022.05/10-hospitals.sql");
    write(&step, "ALTER TABLE hms_hospital RENAME TO med_hospital;");
    payload
}

/// The whole product, with one reshape for its migration: it begins the chain, so the live database is read once and not copied before.
pub fn reshaped_payload(bench: &Bench, full: &Path) -> PathBuf {
    let payload = bench.path("reshaped");
    link_tree(full, &payload);
    fs::remove_dir_all(payload.join("migrations")).expect("the steps");
    let step = payload.join("migrations/2022.05/10-all.reshape");
    unzipped("eden-expected.db", &step.join("schema.db"));
    write(
        &step.join("mapping.toml"),
        fs::read(project().join("tests/reshape/eden.toml")).expect("a mapping"),
    );
    payload
}

/// A database out of its zip.
pub fn unzipped(name: &str, to: &Path) {
    let file = fs::File::open(fixture(&format!("{name}.zip"))).expect("the fixture");
    let mut archive = zip::ZipArchive::new(file).expect("a zip");
    let mut bytes = Vec::new();
    archive
        .by_name(name)
        .expect("the database")
        .read_to_end(&mut bytes)
        .expect("readable");
    write(to, bytes);
}

/// An installed site but for the database: program files as released, settings, uploads, and what Python compiled there.
pub fn eden_site(bench: &Bench, payload: &Path, name: &str) -> PathBuf {
    let site = bench.path(name);
    link_tree(&payload.join("releases/2020.05/code"), &site);
    fs::copy(fixture("site/000_config.py"), site.join(CONFIG)).expect("settings");
    let eden = site.join("applications/eden");
    write(&eden.join("uploads").join(long_name()), "an upload");
    write(&eden.join("uploads/doc_image.file.résumé.jpg"), "another one");
    for n in 0..40 {
        write(&eden.join(format!("compiled/models.file_{n}.pyc")), "compiled from the old code");
    }
    write(&eden.join("modules/s3/file_1.pyc"), "compiled from the old code");
    site
}

/// 181 characters, as web2py names uploads.
pub fn long_name() -> String {
    format!("doc_document.file.{}.png", "7".repeat(159))
}
