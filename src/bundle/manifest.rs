//! What a bundle says of itself. The parts that the release manager writes stand in `holdfast.toml` under the same names and
//! are documented here; the rest is worked out by `pack`.

use crate::script::DeclaredFunction;
use crate::version::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format of manifests that this Holdfast reads and writes.
pub const FORMAT: u32 = 1;

/// The resolved manifest of a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// What is updated, and to which version.
    pub product: Product,
    /// The application folder.
    pub application: Application,
    /// The databases, in the order of the payload; the first is the one that steps and checks mean when they name none.
    pub databases: Vec<Database>,
    /// Functions that the application itself gives to SQLite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<DeclaredFunction>,
    /// Questions asked of the migrated copy and the staged code.
    pub checks: Vec<Check>,
    /// What becomes of rows that leave their table.
    pub rows: Vec<RowRule>,
    /// Parts with versions of their own, in the order in which they are migrated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<Module>,
    /// How long old versions are kept.
    pub snapshots: Snapshots,
    /// The versions from which the update starts, ascending.
    pub starts: Vec<Start>,
    /// The schema that each database must have at the end, where a start does not say it: entries of the bundle.
    pub schemas: BTreeMap<String, String>,
    /// The migrations, ascending.
    pub migrations: Vec<Migration>,
    /// What rehearsals of exactly this payload came to. It is no part of the payload's hash, and nor is `unrehearsed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<Rehearsed>,
    /// Why it was packed although not every version that it starts from was rehearsed; every result at a site says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrehearsed: Option<String>,
    /// Every file of the bundle but the manifest.
    pub entries: Vec<Entry>,
}

/// `[product]`: what is updated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Tells this product from every other: lower-case letters, digits, `-`, `.`, `_`.
    pub id: String,
    /// The name that people at the site know.
    pub name: String,
    /// The version to which the update leads.
    pub version: Version,
    /// A text for people about what is new, a path in the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `[application]`: the application folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The files without which the application cannot be started: first to go and last to come. At least one.
    pub entry: Vec<String>,
    /// How the installed version is read.
    pub version: VersionSource,
    /// Where to look for the application when nobody says: paths that may begin with `${VARIABLE}`.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Patterns of files that are the site's own even if a release brought them: never touched, not even renamed.
    #[serde(default)]
    pub keep: Vec<String>,
    /// Patterns of files that the code makes as it runs (caches, compiled files): they go when the code around them goes.
    #[serde(default)]
    pub derived: Vec<String>,
    /// Patterns of release files that the site may have changed or removed: replaced all the same.
    #[serde(default)]
    pub replace: Vec<String>,
    /// Edits of kept files that the new code needs.
    #[serde(default, rename = "edit")]
    pub edits: Vec<Edit>,
}

/// How the installed version is read: exactly one of the three ways.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionSource {
    /// The first line of this file of the application folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The database that `query` and `user_version` ask; the first one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// A query that gives the version as its only value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// What each value of `PRAGMA user_version` means.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub user_version: BTreeMap<String, Version>,
}

/// `[[application.edit]]`: a change to a kept file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The kept file, relative to the application folder.
    pub file: String,
    /// Text that occurs exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
    /// What takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
    /// Lines added at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub append: Option<String>,
    /// The file stays as it is when it contains this text already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
}

/// `[[database]]`: a database that moves with the code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The name by which steps, checks and the command line mean it.
    pub name: String,
    /// Relative to the application folder, absolute, or beginning with `${VARIABLE}`.
    pub path: String,
    /// Regular expressions for literals in the schema that differ from site to site.
    #[serde(default)]
    pub mask: Vec<String>,
    /// By how much of its size the database may grow in the update; space for that is asked for.
    #[serde(default = "one")]
    pub growth: f64,
    /// How a site without this database gets one; without it, a missing database is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<Fresh>,
}

/// How an empty database comes to the new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fresh {
    /// By all migrations of the payload, from the first one on.
    Chain,
    /// By the target schema of the last reshape, and the steps after it.
    Reshape,
}

fn one() -> f64 {
    1.0
}

/// `[[check]]`: a question with the answer that it must give; either `sql` or `run`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What people read when it fails.
    pub name: String,
    /// The database that `sql` asks; the first one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// A query with one value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// The value that `sql` must give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<serde_json::Value>,
    /// A program and its arguments; it must exit with 0. `./x` is in the code tree; `{application}` and `{database.NAME}` are replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<String>,
    /// When `run` is asked: on the staged code, on the live pair after the swap, or both.
    #[serde(default = "stage_and_live")]
    pub at: Vec<Moment>,
    /// Seconds after which `run` counts as failed.
    #[serde(default = "a_minute")]
    pub time_limit_s: u64,
}

fn stage_and_live() -> Vec<Moment> {
    vec![Moment::Stage, Moment::Live]
}

fn a_minute() -> u64 {
    60
}

/// When a program check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// Before the swap, on the stage.
    Stage,
    /// After the swap, before the commit.
    Live,
}

/// `[[rows]]`: what becomes of rows that leave their table; either `moved_to` or `dropped`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowRule {
    /// The migration that does it.
    pub version: Version,
    /// The module whose migration it is; the application's own if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The database; the first one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The table that rows leave.
    pub table: String,
    /// The tables in which they arrive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved_to: Vec<String>,
    /// Why they go for good; they stay in the snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<String>,
}

/// `[[module]]`: a part of the product, such as a plug-in, that has a version and migrations of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Its name: lower-case letters, digits, `-`, `.`, `_`.
    pub id: String,
    /// The version to which the update leads.
    pub version: Version,
    /// The database that knows whether it is there; the first one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// A query that gives its version, or nothing where it is not there. Without it the version is the one that Holdfast recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Whether a site that has not got it gets it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub install: bool,
}

/// The versions of modules that are there, by their names.
pub type Modules = BTreeMap<String, Version>;

/// `[snapshots]`: how long old versions are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Snapshots {
    /// How many old versions stay for a rollback; at least one.
    pub keep: u32,
    /// Whether people are to try the new version and confirm it before anything else may be updated.
    pub hold: bool,
}

impl Default for Snapshots {
    fn default() -> Self {
        Snapshots { keep: 1, hold: false }
    }
}

/// A version from which the update starts, with the modules that are there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The version.
    pub version: Version,
    /// Entry of the bundle: the files that the release installed, in the format of `sha256sum`.
    pub files: String,
    /// The modules that are there.
    #[serde(default, skip_serializing_if = "Modules::is_empty")]
    pub modules: Modules,
    /// Entries of the bundle: the schema of each database in that version.
    pub schemas: BTreeMap<String, String>,
    /// Entries of the bundle: the schemas at the end, where they are other ones than the manifest's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub targets: BTreeMap<String, String>,
}

/// The way to one version.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// The version to which it leads.
    pub version: Version,
    /// The module whose version that is; the application's own if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// In the order in which they run.
    pub steps: Vec<Step>,
}

/// One file of a migration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The database on which it runs.
    pub database: String,
    /// The file's name, for people and the ledger.
    pub name: String,
    /// Entry of the bundle; for a step that is a folder, what its entries begin with.
    pub entry: String,
    /// `sha256:` of its texts without byte-order mark and with `\n` line ends.
    pub checksum: String,
}

/// What a certificate says, in short.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsed {
    /// SHA-256 of everything that the payload is packed to, as the certificate names it.
    pub payload: String,
    /// The version of Holdfast that rehearsed.
    pub engine: String,
    /// The versions from which rehearsals started that passed, ascending.
    pub versions: Vec<Version>,
}

/// One file of a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// `code/…` for what is installed; else a name that the manifest refers to.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hexadecimal digits.
    pub sha256: String,
    /// Whether a Unix system may run it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
}

impl Manifest {
    /// The files that are installed, with their paths relative to the application folder.
    pub fn code(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().filter_map(|e| Some((e.path.strip_prefix("code/")?, e)))
    }

    /// Why this update was not rehearsed, as every result at a site says it; `None` if it was. One that says nothing counts as not rehearsed.
    pub fn unrehearsed(&self) -> Option<&str> {
        match (&self.unrehearsed, &self.rehearsed) {
            (Some(why), _) => Some(why),
            (None, Some(_)) => None,
            (None, None) => Some("whoever packed it did not say why"),
        }
    }

    /// The name of the database that a step or check means.
    pub fn database_name<'a>(&'a self, given: Option<&'a str>) -> Option<&'a str> {
        given.or_else(|| self.databases.first().map(|d| d.name.as_str()))
    }

    /// The migrations that lead from a start to the target: the application's, then those of each module that is there or comes.
    pub fn chain<'a>(&'a self, start: &'a Start) -> impl Iterator<Item = &'a Migration> {
        self.every_migration(&start.modules).filter(|migration| match &migration.module {
            None => migration.version > start.version,
            Some(module) => start.modules.get(module).is_none_or(|version| migration.version > *version),
        })
    }

    /// All migrations of a product with those modules, in their order.
    pub fn every_migration<'a>(&'a self, modules: &'a Modules) -> impl Iterator<Item = &'a Migration> {
        let comes = |module: &&Module| module.install || modules.contains_key(&module.id);
        let ids = self.modules.iter().filter(comes).map(|module| Some(module.id.as_str()));
        std::iter::once(None)
            .chain(ids)
            .flat_map(|id| self.migrations.iter().filter(move |m| m.module.as_deref() == id))
    }

    /// The entry with the schema that a database has at the end.
    pub fn target<'a>(&'a self, start: &'a Start, database: &str) -> Option<&'a str> {
        let entry = start.targets.get(database).or_else(|| self.schemas.get(database));
        entry.map(String::as_str)
    }
}

impl Migration {
    /// `2.0`, or `reports 1.3` for a module's.
    pub fn label(&self) -> String {
        label(self.module.as_deref(), &self.version)
    }
}

/// What people call a version of the application or of a module.
pub fn label(module: Option<&str>, version: &Version) -> String {
    module.map_or_else(|| version.to_string(), |module| format!("{module} {version}"))
}

/// The sentence that says so of an update that was not rehearsed.
pub fn not_rehearsed(why: &str) -> String {
    format!("This update was not rehearsed: {}.", why.trim_end_matches('.'))
}
