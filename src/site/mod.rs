//! What the update acts on: the application folder, its databases, its version, and whose each file is. Everything here only reads.

mod edits;
mod locate;
mod modules;
mod scan;
mod units;
mod version;

pub use edits::{Form, edited, form};
pub use locate::{Environment, SiteDatabase, locate, locate_databases};
pub use modules::{installed_modules, module_version};
pub use scan::{LiveFile, Owner, Patterns, Scan, differences, scan};
pub use units::units;
pub use version::{confirmation_of, known_versions, read_version};
