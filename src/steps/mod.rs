//! The steps of migrations: SQL, reshapes, data loads, scripts. [`Chain`] runs those of one database in their order; what a step is and
//! where its text comes from stands here. No step ever sees the live database but a reshape that begins a chain, and that only reads it.

mod account;
mod chain;
mod fresh;
mod guard;
mod ledger;
mod other;
mod preupdate;
mod sql;

pub use account::{Account, TableAccount};
pub use chain::{Chain, Place, Start, StepReport};
pub use fresh::fresh_steps;
pub use ledger::{FileAccount, LEDGER, LastStep, file_accounts, is_ours, last_step, noted_version};

use crate::bundle::manifest::label;
use crate::bundle::sha256;
use crate::failure::{Failure, Reason, Result};
use crate::load::LoadPlan;
use crate::reshape::Mapping;
use crate::version::Version;
use std::path::PathBuf;

/// The mapping in a reshape's folder, as a bundle carries it.
pub const MAPPING: &str = "mapping.json";
/// The target schema in a reshape's folder.
pub const SCHEMA: &str = "schema.sql";

/// One step of a migration.
#[derive(Debug, Clone)]
pub struct Step {
    /// The module whose migration it is of; the application's own if none.
    pub module: Option<String>,
    /// The version to which it leads.
    pub version: Version,
    /// Its name in the version's folder.
    pub name: String,
    /// What it does.
    pub body: Body,
    /// `sha256:` of its text or texts; line ends do not count.
    pub checksum: String,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Body {
    /// Statements.
    Sql(String),
    /// A fresh database with another schema.
    Reshape {
        /// SQL that makes it.
        schema: String,
        /// What does not map by name.
        mapping: Box<Mapping>,
    },
    /// Rows from files.
    Load {
        /// Which, and how.
        plan: Box<LoadPlan>,
        /// The folder that holds them when the chain runs.
        folder: PathBuf,
    },
    /// JavaScript.
    Script(String),
}

/// The kinds of steps, by the ending of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `.sql`, a file.
    Sql,
    /// `.reshape`, a folder.
    Reshape,
    /// `.load`, a folder.
    Load,
    /// `.js`, a file.
    Script,
}

impl Kind {
    /// The kind that a name says.
    pub fn of(name: &str) -> Option<Kind> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending {
            "sql" => Kind::Sql,
            "reshape" => Kind::Reshape,
            "load" => Kind::Load,
            "js" => Kind::Script,
            _ => return None,
        })
    }

    /// Whether such a step is a folder.
    pub fn is_folder(self) -> bool {
        matches!(self, Kind::Reshape | Kind::Load)
    }
}

impl Body {
    /// The kind, as the ledger has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Body::Sql(_) => "sql",
            Body::Reshape { .. } => "reshape",
            Body::Load { .. } => "load",
            Body::Script(_) => "script",
        }
    }
}

impl Step {
    /// `2.0/10-items.sql`, for messages.
    pub fn place(&self) -> String {
        format!("{}/{}", self.label(), self.name)
    }

    /// The version to which it leads, for people: `2.0`, or `reports 1.3` for a module's.
    pub fn label(&self) -> String {
        label(self.module.as_deref(), &self.version)
    }

    /// A step of a migration `to` a version of a module or of the application, from the texts of its files by their names; that of a file step
    /// is its only one. `folder` is where a load's data lies.
    pub fn new(to: (Option<&str>, &Version), name: &str, texts: &dyn Fn(&str) -> Result<Vec<u8>>, folder: PathBuf) -> Result<Step> {
        let place = format!("{}/{name}", label(to.0, to.1));
        let kind = Kind::of(name).ok_or_else(|| {
            Failure::new(Reason::BundleDamaged, format!("This Holdfast knows no steps like “{place}”.")).with("step", place.as_str())
        })?;
        let text = |file: &str| text(&place, file, texts(file)?);
        let (body, checksum) = match kind {
            Kind::Sql => text("").map(|text| (Body::Sql(text.clone()), text))?,
            Kind::Script => text("").map(|text| (Body::Script(text.clone()), text))?,
            Kind::Reshape => {
                let (schema, mapping) = (text(SCHEMA)?, text(MAPPING)?);
                let parsed: Mapping = serde_json::from_str(&mapping).map_err(|e| {
                    Failure::new(Reason::PayloadInvalid, format!("The mapping of “{place}” makes no sense: {e}."))
                        .with("step", place.as_str())
                })?;
                let checksum = format!("{schema}\0{mapping}");
                let mapping = Box::new(parsed);
                (Body::Reshape { schema, mapping }, checksum)
            }
            Kind::Load => {
                let text = text(crate::load::PACKED)?;
                let plan = Box::new(LoadPlan::parse(&place, &text)?);
                (Body::Load { plan, folder }, text)
            }
        };
        Ok(Step {
            module: to.0.map(str::to_owned),
            version: to.1.clone(),
            name: name.to_owned(),
            body,
            checksum: format!("sha256:{}", sha256(checksum.replace("\r\n", "\n").as_bytes())),
        })
    }
}

/// A text without its byte-order mark. At a zero byte SQLite takes a text to be over, and would leave out what follows without a word;
/// in a text it is the trace of a file whose end was lost, or of another encoding.
fn text(place: &str, file: &str, bytes: Vec<u8>) -> Result<String> {
    let refused = |why: &str| {
        let separator = if file.is_empty() { "" } else { "/" };
        let message = format!("The step “{place}{separator}{file}” {why}.");
        Failure::new(Reason::PayloadInvalid, message).with("step", place)
    };
    let text = String::from_utf8(bytes).map_err(|_| refused("is not UTF-8 text"))?;
    if text.contains('\0') {
        return Err(refused("holds a zero byte, which no text has: save it anew as UTF-8"));
    }
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}
