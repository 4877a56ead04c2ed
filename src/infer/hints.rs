//! What people have said about what became of what: a hints file, or answers that a draft keeps.
//!
//! ```toml
//! [[renamed]]
//! from = "customer"               # a table
//! to = "client"
//!
//! [[renamed]]
//! from = "customer.mail"          # a column
//! to = "client.email"
//!
//! [[moved]]
//! from = "person.initials"
//! to = "person_details.initials"
//! by = { person_id = "old.id" }   # only if it does not follow from the references
//!
//! [[dropped]]
//! name = "person.opt_in"
//! reason = "nobody asks any more"
//!
//! [[not_renamed]]                 # these two are not the same, however alike they look
//! from = "customer.code"
//! to = "client.number"
//!
//! [[new]]                         # comes from nothing
//! name = "client.rating"
//! ```

use super::findings::Settled;
use crate::failure::{Failure, Reason, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

/// All that people have said.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// One after the other.
    pub said: Vec<Hint>,
}

/// One thing that somebody said.
#[derive(Debug, Clone)]
pub struct Hint {
    /// What.
    pub what: Told,
    /// In which way.
    pub by: Settled,
    /// Where it stands, for messages: `“hints.toml”, line 3`.
    pub place: String,
}

/// What can be said. Names are those of tables or of columns (`table.column`), as they are in each schema; a name with a dot in it stands in
/// double quotes.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// A table or a column has another name.
    Renamed {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// A column stands in another table.
    Moved {
        /// The old column.
        from: String,
        /// The new column.
        to: String,
        /// A row of the new table by an expression over the old row; empty if it follows from the references.
        by: Vec<(String, String)>,
    },
    /// A table or a column goes.
    Dropped {
        /// The old name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Two that are not the same.
    NotRenamed {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// A new table or column comes from nothing.
    New {
        /// The new name.
        name: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    renamed: Vec<Spanned<FromTo>>,
    #[serde(default)]
    moved: Vec<Spanned<Moved>>,
    #[serde(default)]
    dropped: Vec<Spanned<Dropped>>,
    #[serde(default)]
    not_renamed: Vec<Spanned<FromTo>>,
    #[serde(default)]
    new: Vec<Spanned<New>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromTo {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moved {
    from: String,
    to: String,
    #[serde(default)]
    by: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dropped {
    name: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
}

impl Hints {
    /// Reads a hints file.
    pub fn read(path: &Path) -> Result<Hints> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            let message = format!("The hints “{}” cannot be read: {e}.", path.display());
            Failure::new(Reason::RequestInvalid, message).at(path)
        })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Hints::parse(&name, &text).map_err(|f| f.at(path))
    }

    /// Reads the text of a hints file; `name` is for messages.
    pub fn parse(name: &str, text: &str) -> Result<Hints> {
        let file: File = crate::payload::read_toml(text).map_err(|why| {
            let message = format!("The hints “{name}” are not as they should be: {why}");
            Failure::new(Reason::RequestInvalid, message)
        })?;
        let mut said = Vec::new();
        let mut add = |at: usize, what: Told| {
            let line = text[..at.min(text.len())].matches('\n').count() + 1;
            let place = format!("“{name}”, line {line}");
            said.push((
                line,
                Hint {
                    what,
                    by: Settled::Hint,
                    place,
                },
            ));
        };
        for hint in file.renamed {
            let at = hint.span().start;
            let FromTo { from, to } = hint.into_inner();
            add(at, Told::Renamed { from, to });
        }
        for hint in file.moved {
            let at = hint.span().start;
            let Moved { from, to, by } = hint.into_inner();
            let by = by.into_iter().collect();
            add(at, Told::Moved { from, to, by });
        }
        for hint in file.dropped {
            let at = hint.span().start;
            let Dropped { name, reason } = hint.into_inner();
            add(at, Told::Dropped { name, reason });
        }
        for hint in file.not_renamed {
            let at = hint.span().start;
            let FromTo { from, to } = hint.into_inner();
            add(at, Told::NotRenamed { from, to });
        }
        for hint in file.new {
            let at = hint.span().start;
            add(
                at,
                Told::New {
                    name: hint.into_inner().name,
                },
            );
        }
        said.sort_by_key(|(line, _)| *line);
        Ok(Hints {
            said: said.into_iter().map(|(_, hint)| hint).collect(),
        })
    }

    /// Adds an answer to an earlier question; `place` says where it stands.
    pub fn answer(&mut self, what: Told, place: impl Into<String>) {
        self.said.push(Hint {
            what,
            by: Settled::Answer,
            place: place.into(),
        });
    }
}
