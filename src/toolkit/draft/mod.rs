//! `holdfast draft`: writes the step that leads from one schema to another, and asks what only a person knows.

mod attempt;

use super::desk;
use crate::database::Schema;
use crate::draft::{Draft, Form, Wanted, draft as drafted, in_sql};
use crate::fail;
use crate::failure::{Failure, Reason, Result};
use crate::infer::Hints;
use crate::payload::{Ask, parse_draft};
use crate::schema::{self, Side};
use attempt::Tried;
use rusqlite::Connection;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The mapping in a reshape's folder.
const MAPPING: &str = "mapping.toml";
/// The target schema beside it.
const SCHEMA: &str = "schema.sql";

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The old side: a database (best a live one), SQL text, a payload folder, or PAYLOAD@VERSION. It is only read.
    old: String,
    /// The new side, whose schema is to be reached.
    new: String,
    /// The payload into which the step is written.
    #[arg(long, default_value = ".")]
    payload: PathBuf,
    /// The version to which the step leads; the payload's if not given.
    #[arg(long)]
    version: Option<String>,
    /// Which of the payload's databases it is; the only one if not given.
    #[arg(long)]
    database: Option<String>,
    /// What the step is called, behind its number.
    #[arg(long, default_value = "schema")]
    name: String,
    /// What developers say became of what.
    #[arg(long, value_name = "FILE")]
    hints: Option<PathBuf>,
    /// A regular expression for literals in column defaults that each site made for itself.
    #[arg(long, value_name = "REGEX")]
    mask: Vec<String>,
    /// In which form the step is written.
    #[arg(long, value_enum, default_value = "reshape")]
    steps: Form,
    /// Run the step on a copy of the old side's data, in a temporary file, and say what comes out.
    #[arg(long = "try")]
    attempt: bool,
    /// Write over statements that were changed by hand.
    #[arg(long)]
    force: bool,
    /// Say what was written as JSON.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast draft site.db new.db --payload my-payload
  holdfast draft site.db new.sql --payload my-payload --hints hints.toml --try
  holdfast draft my-payload@1.0 new.sql --payload my-payload --steps sql  # statements in place";

/// A step as it was written.
struct Step {
    /// The file or folder.
    path: PathBuf,
    /// The file in which questions stand.
    answers: PathBuf,
    made: Draft,
    /// The questions, with their lines in that file.
    asks: Vec<Ask>,
    /// What the manifest has to say of rows, for statements in place.
    rows: String,
}

/// Drafts, writes and says so.
pub fn draft(arguments: &Arguments) -> Result<()> {
    let wanted = Wanted {
        payload: &arguments.payload,
        version: arguments.version.as_deref(),
        database: arguments.database.as_deref(),
        name: &arguments.name,
        form: arguments.steps,
    };
    let place = wanted.place()?;
    let mut old = schema::open(&arguments.old, arguments.database.as_deref())?;
    let new = schema::open(&arguments.new, arguments.database.as_deref())?;
    old.masks.extend(arguments.mask.iter().cloned());
    if is_same(&old, &new)? {
        return same(arguments, &old, &new);
    }
    let hints = arguments.hints.as_deref().map(Hints::read).transpose()?.unwrap_or_default();
    let step = match arguments.steps {
        Form::Reshape => reshape(&place.path, &old, &new, hints)?,
        Form::Sql => statements(arguments, &place.path, &place.version, (&old, &new), hints)?,
    };
    let tried = match arguments.attempt && step.asks.is_empty() {
        true => Some(attempt::run(arguments.steps, &step.path, &old, &new, &step.made)?),
        false => None,
    };
    say(arguments, &old, &step, tried.as_ref())
}

fn read(path: &Path) -> Result<Option<String>> {
    match path.is_file() {
        true => std::fs::read_to_string(path).map(Some).map_err(|e| desk(path, &e)),
        false => Ok(None),
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| desk(folder, &e))?;
    // Whole or not at all: answers are in it.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| desk(path, &e))?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(|e| desk(path, &e))?;
    let mut permissions = file.as_file().metadata().map_err(|e| desk(path, &e))?.permissions();
    crate::platform::let_all_read(&mut permissions);
    std::fs::set_permissions(file.path(), permissions).map_err(|e| desk(path, &e))?;
    file.persist(path).map(drop).map_err(|e| desk(path, &e.error))
}

fn reshape(path: &Path, old: &Side, new: &Side, hints: Hints) -> Result<Step> {
    let answers = path.join(MAPPING);
    let before = read(&answers)?;
    let made = drafted(old, new, hints, before.as_deref(), &answers)?;
    write(&answers, &made.text)?;
    write(&path.join(SCHEMA), &new.sql)?;
    let (_, asks) = parse_draft(&answers, &made.text)?;
    let (path, rows) = (path.to_owned(), String::new());
    Ok(Step {
        path,
        answers,
        made,
        asks,
        rows,
    })
}

fn statements(arguments: &Arguments, path: &Path, version: &str, (old, new): (&Side, &Side), hints: Hints) -> Result<Step> {
    let before = read(path)?;
    if let Some(text) = before.as_ref().filter(|text| !arguments.force && !in_sql::is_as_drafted(text)) {
        let what = match in_sql::mapping(text) {
            Some(_) => "its statements were changed by hand",
            None => "it was not drafted",
        };
        fail!(
            RequestInvalid,
            "“{}” is there, and {what}. Give the step another name with --name, or write over it with --force; answers in its comment are kept.",
            path.display()
        );
    }
    let mapping = before.as_deref().and_then(in_sql::mapping);
    let made = drafted(old, new, hints, mapping.as_deref(), path)?;
    let written = in_sql::write(&old.definition, &new.definition, &made, version)?;
    write(path, &written.text)?;
    let (_, mut asks) = parse_draft(path, &made.text)?;
    let above = written.text.lines().count() - made.text.lines().count();
    asks.iter_mut().for_each(|ask| ask.line += above);
    asks.extend(written.done.unsolved.iter().map(|question| Ask {
        place: Vec::new(),
        line: 1,
        question: question.clone(),
    }));
    Ok(Step {
        path: path.to_owned(),
        answers: path.to_owned(),
        asks,
        rows: in_sql::rows(&written.done, version),
        made,
    })
}

/// Whether nothing is to be done: the same for a site, which is all that counts.
fn is_same(old: &Side, new: &Side) -> Result<bool> {
    let numbers = new.definition.user_version == 0 || old.definition.user_version == new.definition.user_version;
    if old.schema == new.schema || old.masks.is_empty() {
        return Ok(numbers && old.schema == new.schema);
    }
    let masked = |side: &Side| {
        let memory = Connection::open_in_memory().and_then(|c| c.execute_batch(&side.sql).map(|()| c));
        let told = |e: rusqlite::Error| {
            Failure::new(
                Reason::DatabaseUnsupported,
                format!("The schema of “{}” cannot be made: {e}.", side.name),
            )
        };
        memory.map_err(told).and_then(|memory| Schema::read(&memory, &old.masks))
    };
    Ok(numbers && masked(old)? == masked(new)?)
}

fn same(arguments: &Arguments, old: &Side, new: &Side) -> Result<()> {
    match arguments.json {
        true => say!(
            "{}",
            json!({ "same": true, "step": null, "rules": 0, "questions": [], "obsolete": [], "rows": "", "tried": null, "looked_at_rows": old.data.is_some() })
        ),
        false => say!(
            "“{}” has the schema of “{}” already. Nothing is to be done, and nothing was written.",
            old.name,
            new.name
        ),
    }
    Ok(())
}

fn say(arguments: &Arguments, old: &Side, step: &Step, tried: Option<&Tried>) -> Result<()> {
    let Step {
        path,
        answers,
        made,
        asks,
        rows,
    } = step;
    let stale: Vec<&str> = made.stale.iter().map(|s| s.why.as_str()).collect();
    if arguments.json {
        let question = |a: &Ask| json!({ "file": answers, "line": a.line, "question": a.question, "section": a.place.join(".") });
        let tried = tried.map(|t| json!({ "tables": t.tables, "rows": t.rows }));
        let questions: Vec<_> = asks.iter().map(question).collect();
        let value = json!({
            "same": false, "step": path, "rules": made.edits.len(), "questions": questions, "obsolete": stale, "rows": rows, "tried": tried,
            "looked_at_rows": old.data.is_some(),
        });
        say!("{}", serde_json::to_string_pretty(&value).map_err(std::io::Error::from)?);
        return Ok(());
    }
    let (rules, open) = (counted(made.edits.len(), "certain rule"), counted(asks.len(), "question"));
    say!("“{}” is written: {rules} added, {open} open.", path.display());
    for ask in asks {
        say!("  {}:{}  {}", answers.display(), ask.line, ask.question);
    }
    for why in stale {
        say!("  {why} What was answered about it stands as a comment at the end.");
    }
    if !rows.is_empty() {
        say!("holdfast.toml has to say where rows go that leave their tables:\n{rows}");
    }
    if old.data.is_none() {
        say!(
            "“{}” holds no rows, so nobody has looked for values that the new schema refuses. Run the same with a site's database.",
            old.name
        );
    }
    match tried {
        Some(tried) => say!(
            "Tried on a copy: the new schema is reached, and all {} of {} are accounted for.",
            counted(tried.rows as usize, "row"),
            counted(tried.tables, "table")
        ),
        None if arguments.attempt => say!("It was not tried, because questions are open."),
        None => {}
    }
    match asks.as_slice() {
        [] => say!("Next: holdfast rehearse {}", arguments.payload.display()),
        _ => say!("Next: answer them there, and run the same command again."),
    }
    Ok(())
}

fn counted(number: usize, what: &str) -> String {
    crate::draft::counted(number as u64, what)
}
