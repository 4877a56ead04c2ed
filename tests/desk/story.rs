//! The README's story of the release manager, read from the README itself and played with the real programs. What it says and what happens
//! are one: each command is run as it stands there, and after each it is looked at what came of it.

use super::support::{HOLDFAST, Ran, ask, copy_tree, database, project, run, tree, write};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The section's heading.
const HEADING: &str = "### From two databases to a signed update.exe";

/// A part of the story: what stands behind the three ticks says what its block is.
#[derive(Debug)]
pub enum Part {
    /// `sh`: commands at the desk.
    Desk(String),
    /// `bat`: a command at the site.
    Site(String),
    /// `toml FILE`: what is written into a file.
    Write(PathBuf, String),
    /// `toml FILE asks`: what stands in a file.
    Asks(PathBuf, String),
    /// `toml FILE answer`: what is written in place of what asks.
    Answer(PathBuf, String),
}

/// The story's parts, in order.
pub fn parts() -> Vec<Part> {
    let readme = fs::read_to_string(project().join("README.md")).expect("README.md");
    let (_, section) = readme.split_once(HEADING).expect("the README tells the story");
    let section = section
        .split("\n## ")
        .next()
        .expect("a section")
        .split("\n### ")
        .next()
        .expect("a section");
    let mut parts = Vec::new();
    let mut rest = section;
    while let Some((_, block)) = rest.split_once("\n```") {
        let (kind, block) = block.split_once('\n').expect("a block");
        let (text, after) = block.split_once("\n```\n").expect("a block that ends");
        let words: Vec<&str> = kind.split(' ').collect();
        match words[..] {
            ["sh"] => parts.extend(text.lines().map(|line| Part::Desk(line.to_owned()))),
            ["bat"] => parts.extend(text.lines().map(|line| Part::Site(line.to_owned()))),
            ["toml", file] => parts.push(Part::Write(file.into(), format!("{text}\n"))),
            ["toml", file, "asks"] => parts.push(Part::Asks(file.into(), text.to_owned())),
            ["toml", file, "answer"] => parts.push(Part::Answer(file.into(), text.to_owned())),
            _ => panic!("no part of a story: {kind}"),
        }
        rest = after;
    }
    assert!(parts.len() > 10, "{parts:?}");
    parts
}

/// The folder in which the story is played, with what it begins with, and the site far away.
pub struct Stage<'a> {
    /// The release manager's folder.
    pub desk: PathBuf,
    /// The application folder at the site.
    pub site: PathBuf,
    /// Runs a command at the site.
    pub at_site: &'a dyn Fn(&str) -> Ran,
}

impl Stage<'_> {
    /// Lays out what the release manager has: a copy of a site, the new release's database and code, and the updater's stub.
    pub fn lay_out(&self, stub: &Path) {
        let given = project().join("tests/desk/given");
        let sql = |name: &str| fs::read_to_string(given.join(name)).expect("SQL");
        for site in [&self.desk.join("site"), &self.site] {
            copy_tree(&given.join("site"), site);
            database(&site.join("data/loans.db"), &sql("site.sql"));
        }
        copy_tree(&given.join("release-2.0"), &self.desk.join("release-2.0"));
        database(&self.desk.join("new.db"), &sql("new.sql"));
        let stick = self.desk.join("stick");
        if !stick.exists() {
            fs::create_dir(stick).expect("a stick");
        }
        fs::copy(stub, self.desk.join("updater.exe")).expect("a stub");
    }

    /// Plays it, and looks after each part at what came of it.
    pub fn play(&self) {
        let brought = tree(&self.desk.join("site"));
        let mut asked = BTreeMap::new();
        let mut drafts = 0;
        for part in parts() {
            match part {
                Part::Write(file, text) => write(&self.desk.join(file), text),
                Part::Asks(file, text) => {
                    let there = self.read(&file);
                    assert!(there.contains(&text), "“{}” does not ask\n{text}\nbut\n{there}", file.display());
                    asked.insert(file, text);
                }
                Part::Answer(file, text) => {
                    let question = &asked[&file];
                    write(&self.desk.join(&file), self.read(&file).replace(question, &text));
                }
                Part::Site(line) => self.updated(&(self.at_site)(&line)),
                Part::Desk(line) => {
                    let ran = self.at_desk(&line);
                    let ran = ran.expect(0);
                    drafts += usize::from(line.starts_with("holdfast draft"));
                    self.look(&line, &ran.stdout, drafts);
                }
            }
        }
        assert_eq!(tree(&self.desk.join("site")), brought, "what was brought home is only read");
    }

    /// Runs a command as a shell does.
    fn at_desk(&self, line: &str) -> Ran {
        let programs = Path::new(HOLDFAST).parent().expect("a folder").to_string_lossy().into_owned();
        let path = format!("{programs}:{}", std::env::var("PATH").expect("PATH"));
        run(Command::new("bash").args(["-c", line]).current_dir(&self.desk).env("PATH", path))
    }

    fn read(&self, file: &Path) -> String {
        fs::read_to_string(self.desk.join(file)).unwrap_or_else(|e| panic!("“{}”: {e}", file.display()))
    }

    fn is_there(&self, file: &str) {
        assert!(self.desk.join(file).is_file(), "“{file}” is not there");
    }

    /// What must have come of a command at the desk.
    fn look(&self, line: &str, said: &str, drafts: usize) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["holdfast", "diff", ..] => self.diff(said),
            ["holdfast", "new", ..] => self.is_there("loans/holdfast.toml"),
            ["cp", ..] => {}
            ["holdfast", "release", ..] => self.is_there("loans/releases/1.0/main.sql"),
            ["holdfast", "draft", ..] if drafts == 1 => assert!(said.contains("1 question open"), "{said}"),
            ["holdfast", "draft", ..] => assert!(said.contains("0 questions open") && said.contains("holdfast rehearse"), "{said}"),
            ["holdfast", "rehearse", ..] => self.rehearsed(),
            ["holdfast", "keygen", ..] => ["office.key", "office.pub"].iter().for_each(|file| self.is_there(file)),
            ["holdfast", "pack", ..] => self.is_there("update.exe"),
            ["holdfast", "sign", ..] => assert!(said.contains("signed"), "{said}"),
            ["holdfast", "verify", ..] => assert!(said.contains("which this program pins"), "{said}"),
            ["holdfast", "inspect", ..] => assert!(
                said.contains("2.0") && said.contains("rehearsed from 1.0") && said.contains("signed"),
                "{said}"
            ),
            ["holdfast", "report", ..] => {
                assert!(said.contains("1 site"), "{said}");
                assert!(self.read(Path::new("report.html")).contains("Tool Library"));
            }
            _ => panic!("nobody looks at what comes of: {line}"),
        }
    }

    fn diff(&self, said: &str) {
        for table in ["customer", "member", "address", "loan", "tool"] {
            assert!(said.contains(table), "{table}: {said}");
        }
    }

    fn rehearsed(&self) {
        let certificate: Value = serde_json::from_str(&self.read(Path::new("loans/rehearsal/certificate.json"))).expect("JSON");
        let rehearsal = &certificate["rehearsals"][0];
        assert_eq!(rehearsal["passed"], true, "{certificate:#}");
        assert_eq!(rehearsal["from"], "1.0");
        assert!(rehearsal["cuts"].as_u64().expect("a number") > 0, "{certificate:#}");
    }

    /// The new pair stands at the site, with every row in its new place.
    fn updated(&self, ran: &Ran) {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(fs::read_to_string(self.site.join("VERSION")).expect("VERSION").trim(), "2.0");
        assert_eq!(
            fs::read_to_string(self.site.join("settings.ini")).expect("settings").trim(),
            "colour = blue"
        );
        let rows = |query: &str| ask(&self.site.join("data/loans.db"), query);
        assert_eq!(
            rows("SELECT group_concat(name || ' of ' || coalesce(town, '-'), ', ') FROM member LEFT JOIN address ON member_id = id"),
            "Ada Okafor of Riverton, Bruno Silva of Riverton, Chen Wei of -, Dana Levy of Riverton"
        );
        assert_eq!(
            rows("SELECT group_concat(member_id || state, ' ') FROM loan"),
            "1returned 1open 2open 4lost 4returned"
        );
        assert_eq!(
            rows("SELECT group_concat(typeof(price) || ifnull(price, ''), ' ') FROM tool"),
            "real4.5 real6.0 null real2.25"
        );
        assert_eq!(rows("PRAGMA user_version"), "2");
    }
}
