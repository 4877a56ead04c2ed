//! A run of the updater's flow in a process of its own, which may be ended in the middle of the swap; and the recovery after that, in
//! another one, as it is at a site.

use super::Desk;
use super::cut::{Count, CutDisk};
use super::place::Place;
use super::trial::with_context;
use crate::bundle::{Bundle, container};
use crate::cli::Silent;
use crate::disk::disk;
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::flow;
use crate::report::{Answer, Event, Question, Reporter};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The name of the hidden command.
pub const COMMAND: &str = "rehearse-run";

/// What a child is asked to do.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The bundle to update with; recovery if there is none.
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// The application folder.
    #[arg(long)]
    app: PathBuf,
    /// A database that lies elsewhere: NAME=PATH.
    #[arg(long = "database", value_name = "NAME=PATH")]
    databases: Vec<String>,
    /// The tenant.
    #[arg(long)]
    context: Option<String>,
    /// End the process before this operation of the swap.
    #[arg(long)]
    cut: Option<u64>,
    /// Where to write how it ended.
    #[arg(long)]
    result: PathBuf,
}

/// Does it, in the child. Gives the updater's own exit code.
pub fn run(arguments: &Arguments) -> u8 {
    let count = Count::new(arguments.cut);
    let silent = Silent::new(Arc::new(AtomicBool::new(false)));
    let reporter = Counting { silent, count: &count };
    let ended = match &arguments.bundle {
        None => Ok(with_context(&*disk(), &reporter, |context| flow::recover(context, &arguments.app))),
        Some(bundle) => container::find(bundle)
            .and_then(|place| match place.map(Bundle::open) {
                Some(opened) => opened,
                None => fail!(BundleMissing, "“{}” carries no update.", bundle.display()),
            })
            .map(|bundle| {
                let databases = arguments.databases.iter().filter_map(|pair| pair.split_once('='));
                let request = flow::Request {
                    app: Some(arguments.app.clone()),
                    databases: databases.map(|(name, path)| (name.to_owned(), PathBuf::from(path))).collect(),
                    tenant: arguments.context.clone(),
                    allow_fat: true,
                    ..flow::Request::default()
                };
                with_context(&CutDisk::new(&count), &reporter, |context| flow::update(context, &bundle, &request))
            }),
    };
    let (code, failures) = match ended {
        Ok(ended) => (ended.exit() as u8, ended.file(0.0, None).failures),
        Err(failure) => (crate::failure::Exit::Refused as u8, vec![failure]),
    };
    // Without the file the parent takes the run for one that was cut off.
    let text = serde_json::to_vec(&failures).unwrap_or_default();
    let _ = std::fs::write(&arguments.result, text);
    code
}

/// The silent updater's reporter, which also tells the counter where the swap begins.
struct Counting<'a> {
    silent: Silent,
    count: &'a Count,
}

impl Reporter for Counting<'_> {
    fn event(&self, event: &Event<'_>) {
        if let Event::Stage { stage } = event {
            self.count.begins(*stage);
        }
        self.silent.event(event);
    }

    fn ask(&self, question: &Question<'_>) -> Answer {
        self.silent.ask(question)
    }
}

/// How a child ended: cut off, or with a code and what failed.
pub enum ChildEnd {
    /// Without a word.
    Cut,
    /// By itself.
    Ended(i32, Vec<Failure>),
}

/// Runs the update in a child that ends before an operation of the swap.
pub fn cut_update(desk: &Desk<'_>, place: &Place, at: u64) -> Result<ChildEnd> {
    let mut words = vec![
        "--bundle".to_owned(),
        desk.bundle_file.display().to_string(),
        "--cut".to_owned(),
        at.to_string(),
    ];
    let databases: &BTreeMap<String, PathBuf> = &place.given;
    for (name, path) in databases {
        words.extend(["--database".to_owned(), format!("{name}={}", path.display())]);
    }
    words.extend(desk.tenant.iter().flat_map(|tenant| ["--context".to_owned(), (*tenant).to_owned()]));
    spawn(desk, place, &words)
}

/// Runs the recovery in a child.
pub fn recover(desk: &Desk<'_>, place: &Place) -> Result<ChildEnd> {
    spawn(desk, place, &[])
}

fn spawn(desk: &Desk<'_>, place: &Place, words: &[String]) -> Result<ChildEnd> {
    let result = desk.work.join("result.json");
    if result.exists() {
        std::fs::remove_file(&result).map_err(|e| crate::disk::failed("removing", &result, &e))?;
    }
    let own = std::env::current_exe()?;
    let ran = Command::new(&own)
        .arg(COMMAND)
        .arg("--app")
        .arg(&place.app)
        .arg("--result")
        .arg(&result)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|e| Failure::new(Reason::DiskFailed, format!("“{}” cannot be started: {e}.", own.display())))?;
    desk.voice.go_on()?;
    let Ok(text) = std::fs::read(&result) else {
        return Ok(ChildEnd::Cut);
    };
    let failures: Vec<Failure> = serde_json::from_slice(&text).map_err(std::io::Error::from)?;
    Ok(ChildEnd::Ended(ran.code().unwrap_or(-1), failures))
}
