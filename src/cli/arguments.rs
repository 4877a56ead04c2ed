//! What was typed, turned into what is meant.

use crate::failure::{Failure, Reason, Result};
use crate::flow::Request;
use crate::near::near;
use crate::platform;
use lexopt::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;

/// What the updater is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Update.
    Update,
    /// Say in which state the folder is.
    Status,
    /// Bring an unfinished run to its end.
    Recover,
    /// Keep a held version.
    Confirm,
    /// Put the old version back.
    Rollback,
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// How the updater speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To a person at a terminal, who can be asked.
    Terminal,
    /// Nothing is asked; one sentence at the end.
    Silent,
    /// One JSON object a line on standard output; nothing is asked.
    Json,
    /// A window that can be asked.
    Window,
    /// A window that shows how far the run is, asks nothing, and closes by itself.
    Passive,
}

/// Whose numbers the exit code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// Holdfast's.
    Own,
    /// Those that deployment tools read on Windows.
    Windows,
}

/// The command line.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// What to do.
    pub verb: Verb,
    /// With what.
    pub request: Request,
    /// How to speak.
    pub output: Output,
    /// The plan as JSON.
    pub plan_json: bool,
    /// Every note, and not the progress alone.
    pub details: bool,
    /// The log file, if given.
    pub log: Option<PathBuf>,
    /// A second place for the result file.
    pub result: Option<PathBuf>,
    /// A bundle that is neither inside nor behind this executable, nor beside it.
    pub bundle: Option<PathBuf>,
    /// The folder that the program came from, which may be pulled out: a copy of the program works, and logs go back there.
    pub stick: Option<PathBuf>,
    /// Whose numbers the exit code is.
    pub codes: Codes,
    /// The window's language, if the person's own is not meant.
    pub language: Option<String>,
    /// Plain message boxes in place of the window, for screen readers that read those better.
    pub plain: bool,
}

/// The text of `--help`.
pub const HELP: &str = "\
Brings an application and its data to a new version together, or leaves both exactly as they were.

usage: update [VERB] [OPTIONS]

verbs
  (none)             update
  status             say what is installed, unfinished, and kept
  recover            bring an unfinished update to its end
  confirm            keep a version that is held
  rollback           put the version before back, with its data

options
  --app FOLDER           the application's folder
  --database NAME=PATH   where a database is (may be repeated)
  --context NAME         the tenant whose data it is, where an update's data loads ask for one
  --plan[=json]          only say what would be done
  --test                 do everything but the swap, and leave the new version beside the old one
  --hold                 keep the way back open until “confirm” or “rollback”
  --discard-newer        roll back even if rows written since the update would go (they are kept aside)
  --allow-fat            go on where a power cut may lose both versions
  --silent               ask nothing
  --json                 ask nothing, and print one JSON object for each event
  --details              print every note
  --log FILE             write the log there
  --result FILE          write the result there, too
  --bundle FILE          use the update in that file; it must be signed by a key that this program pins
  --stick FOLDER         work from a copy on this machine, and bring the log back to that folder
  --exit-codes KIND      “own” (below) or “windows” (those of Windows Installer: see the README)
  --help, --version

exit codes
  0 done   2 command line   10 nothing to do   20 refused, nothing touched   30 failed and restored
  40 failed and NOT restored   50 in use, try later   60 cancelled
";

/// What `--help` adds where there are windows.
pub const WINDOW_HELP: &str = "
on Windows
  --passive              show how far it is, ask nothing
  --language TAG         speak “en”, “fr”, “es” or “ar”, whatever the user's language is
  --plain                use plain message boxes, for screen readers
  /S /quiet /qn /VERYSILENT, /passive /SILENT, /LOG=FILE, /DIR=FOLDER, /? are understood as well
  exit codes are those of Windows Installer (0, 1602, 1603, 1618, 1638, 3010 ...) unless --exit-codes says “own”
  a batch file waits with:  start \"\" /wait update.exe /S
";

const OPTIONS: [&str; 21] = [
    "app",
    "database",
    "context",
    "plan",
    "test",
    "hold",
    "discard-newer",
    "allow-fat",
    "silent",
    "json",
    "details",
    "log",
    "result",
    "bundle",
    "stick",
    "exit-codes",
    "language",
    "plain",
    "passive",
    "help",
    "version",
];

impl Arguments {
    /// Parses the command line, the program's name left out.
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Arguments> {
        let mut arguments = Arguments {
            verb: Verb::Update,
            request: Request::default(),
            output: if platform::SPEAKS_WINDOWS {
                Output::Window
            } else {
                Output::Terminal
            },
            plan_json: false,
            details: false,
            log: None,
            result: None,
            bundle: None,
            stick: None,
            codes: if platform::SPEAKS_WINDOWS { Codes::Windows } else { Codes::Own },
            language: None,
            plain: false,
        };
        let mut parser = lexopt::Parser::from_args(words);
        let mut verb = None;
        while let Some(word) = parser.next().map_err(|e| wrong(&e.to_string()))? {
            match word {
                Long("help") | Short('h') => arguments.verb = Verb::Help,
                Long("version") | Short('V') => arguments.verb = Verb::Version,
                Value(word) if verb.is_none() => verb = Some(self::verb(&word.to_string_lossy())?),
                Value(word) => return Err(wrong(&format!("“{}” is one word too many", word.to_string_lossy()))),
                Long(name) => {
                    let name = name.to_owned();
                    arguments.option(&name, &mut parser)?;
                }
                other => return Err(wrong(&other.unexpected().to_string())),
            }
        }
        if let Some(verb) = verb
            && !matches!(arguments.verb, Verb::Help | Verb::Version)
        {
            arguments.verb = verb;
        }
        if arguments.verb != Verb::Update && (arguments.request.test || arguments.request.plan || arguments.request.hold) {
            return Err(wrong("--plan, --test and --hold belong to an update"));
        }
        arguments.settle();
        Ok(arguments)
    }

    /// Makes every path absolute, so that it stays the same when the process leaves its folder.
    fn settle(&mut self) {
        let named = [
            &mut self.request.app,
            &mut self.log,
            &mut self.result,
            &mut self.bundle,
            &mut self.stick,
        ];
        for path in named.into_iter().flatten().chain(self.request.databases.values_mut()) {
            // An empty path has no absolute form, and is refused where it is used.
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
    }

    /// Every path that was given, as words again.
    pub fn paths(&self) -> Vec<OsString> {
        let named = [
            ("--app", &self.request.app),
            ("--log", &self.log),
            ("--result", &self.result),
            ("--bundle", &self.bundle),
            ("--stick", &self.stick),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, path)| Some([name.into(), path.clone()?.into()]));
        let databases = self.request.databases.iter().map(|(name, path)| {
            let mut word = OsString::from(format!("{name}="));
            word.push(path);
            ["--database".into(), word]
        });
        named.chain(databases).flatten().collect()
    }

    fn option(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<()> {
        match name {
            "app" => self.request.app = Some(value(parser)?.into()),
            "database" => self.database(value(parser)?)?,
            "context" => self.request.tenant = Some(value(parser)?.to_string_lossy().into_owned()),
            "plan" => {
                self.request.plan = true;
                self.plan_json = match parser.optional_value() {
                    None => false,
                    Some(kind) if kind == "json" => true,
                    Some(kind) if kind == "text" => false,
                    Some(kind) => return Err(wrong(&format!("--plan is “text” or “json”, and not “{}”", kind.to_string_lossy()))),
                };
            }
            "test" => self.request.test = true,
            "hold" => self.request.hold = true,
            "discard-newer" => self.request.discard_newer = true,
            "allow-fat" => self.request.allow_fat = true,
            "silent" if self.output == Output::Json => {}
            "silent" => self.output = Output::Silent,
            "passive" if matches!(self.output, Output::Window) => self.output = Output::Passive,
            // Where there are no windows nothing is shown.
            "passive" if self.output == Output::Terminal => self.output = Output::Silent,
            "passive" => {}
            "json" => self.output = Output::Json,
            "details" => self.details = true,
            "log" => self.log = Some(value(parser)?.into()),
            "result" => self.result = Some(value(parser)?.into()),
            "bundle" => self.bundle = Some(value(parser)?.into()),
            "stick" => self.stick = Some(value(parser)?.into()),
            "language" => self.language = Some(value(parser)?.to_string_lossy().into_owned()),
            "plain" => self.plain = true,
            "exit-codes" => {
                self.codes = match value(parser)?.to_str() {
                    Some("own") => Codes::Own,
                    Some("windows") => Codes::Windows,
                    _ => return Err(wrong("--exit-codes is “own” or “windows”")),
                };
            }
            unknown => {
                let near = near(unknown, OPTIONS.into_iter()).map_or_else(String::new, |n| format!("; did you mean --{n}?"));
                return Err(wrong(&format!("--{unknown} is not known{near}")));
            }
        }
        Ok(())
    }

    fn database(&mut self, word: OsString) -> Result<()> {
        let text = word.to_str().ok_or_else(|| wrong("--database wants NAME=PATH in Unicode"))?;
        let (name, path) = text.split_once('=').ok_or_else(|| wrong("--database wants NAME=PATH"))?;
        self.request.databases.insert(name.to_owned(), PathBuf::from(path));
        Ok(())
    }
}

fn value(parser: &mut lexopt::Parser) -> Result<OsString> {
    parser.value().map_err(|e| wrong(&e.to_string()))
}

/// The verbs as they are typed.
pub const VERBS: [(&str, Verb); 6] = [
    ("update", Verb::Update),
    ("status", Verb::Status),
    ("recover", Verb::Recover),
    ("confirm", Verb::Confirm),
    ("rollback", Verb::Rollback),
    ("help", Verb::Help),
];

fn verb(word: &str) -> Result<Verb> {
    let found = VERBS.iter().find(|(name, _)| *name == word).map(|(_, verb)| *verb);
    found.ok_or_else(|| {
        let near = near(word, VERBS.iter().map(|(name, _)| *name)).map_or_else(String::new, |n| format!("; did you mean “{n}”?"));
        wrong(&format!("“{word}” is not known{near}"))
    })
}

fn wrong(why: &str) -> Failure {
    Failure::new(
        Reason::RequestInvalid,
        format!("The command line is not right: {why}. --help lists what is possible."),
    )
}
