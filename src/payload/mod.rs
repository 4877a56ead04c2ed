//! The payload folder as the release manager writes it, and its way into a bundle. build.rs compiles these modules, too, so
//! they use nothing of the updater's flow.

mod data;
mod load;
mod mapping;
mod migrations;
mod reach;
mod release;
mod releases;
mod resolve;
mod source;
mod step;
mod trial;
mod validate;
mod written;

pub use load::load_json;
pub use mapping::{Ask, parse_draft, parse_mapping};
pub use migrations::Steps;
pub use reach::Reached;
pub use release::{FileList, read_list, write_list};
pub use releases::{MODULES, release_files};
pub use resolve::{REHEARSAL, Resolved, migrations, reach, resolve};
pub use source::{FILE as MANIFEST, Source, parse_source, read_source};
pub use validate::check as check_source;
pub(crate) use written::read as read_toml;

use crate::failure::{Failure, Reason};
use std::path::Path;

/// A payload that cannot be packed: what is wrong, and where.
pub fn invalid(path: &Path, message: impl std::fmt::Display) -> Failure {
    Failure::new(Reason::PayloadInvalid, format!("{}: {message}", path.display())).at(path)
}
