//! Drafts a migration from two schemas: rules for all that is certain, questions for the rest, the answers of before kept.
//!
//! Nothing is decided here that a person should decide: what has no certain place is asked, with the evidence, and neither runs nor is packed
//! until it is answered. The only things written are the text of a mapping and the statements made from it; the databases are read.

mod answers;
mod carried;
mod certain;
mod edit;
mod gaps;
pub mod in_sql;
mod kept;
mod lines;
mod moved;
mod offences;
mod place;
mod questions;
mod resembling;
mod sheet;
mod site;

pub use answers::Stale;
pub use edit::{Edit, Place, Question, Rule};
pub use lines::counted;
pub use place::{Form, Wanted};

use crate::failure::Result;
use crate::infer::{Hints, Inference, infer};
use crate::payload::parse_draft;
use crate::reshape::Mapping;
use crate::schema::Side;
use gaps::Old;
use sheet::Sheet;
use std::path::Path;

/// A drafted mapping.
#[derive(Debug)]
pub struct Draft {
    /// The file.
    pub text: String,
    /// What it says as far as it is answered.
    pub mapping: Mapping,
    /// Rules that this draft added.
    pub edits: Vec<Edit>,
    /// What it asks.
    pub questions: Vec<Question>,
    /// Answers whose subject is gone.
    pub stale: Vec<Stale>,
}

/// Drafts the way from one schema to another. `before` is the mapping that is there already, `path` is for messages.
pub fn draft(old: &Side, new: &Side, mut hints: Hints, before: Option<&str>, path: &Path) -> Result<Draft> {
    let mut sheet = Sheet::open(before)?;
    let cleared = sheet.text();
    let (mut mapping, _) = parse_draft(path, &cleared)?;
    let stale = answers::retire(&mut mapping, &old.definition, &new.definition, &drops_in(&cleared));
    sheet.retire(&stale);
    answers::tell(&mapping, &old.definition, &new.definition, &mut hints);
    let inference = infer(old, new, &hints)?;
    let mut certain = certain::Certain {
        old: &old.definition,
        new: &new.definition,
        mapping,
        edits: Vec::new(),
    };
    certain.all(&inference);
    certain.site(old, new);
    let certain::Certain { mapping, edits, .. } = certain;
    let mut questions = questions(old, new, &mapping, &inference)?;
    if old.data.is_none() {
        let kept = kept::questions(sheet.begun(), &old.definition, &new.definition, &mapping, &questions);
        questions.extend(kept);
    }
    // What goes stands at the end of a new file.
    let goes = |edit: &&Edit| matches!(edit.what, Rule::Drop(_));
    let asks_of_loss = |question: &&Question| !matches!(question.place, Place::Column { .. });
    edits.iter().filter(|e| !goes(e)).for_each(|edit| sheet.enter(edit));
    questions
        .iter()
        .filter(|q| !asks_of_loss(q))
        .for_each(|question| sheet.ask(question));
    edits.iter().filter(goes).for_each(|edit| sheet.enter(edit));
    questions.iter().filter(asks_of_loss).for_each(|question| sheet.ask(question));
    sheet.close();
    Ok(Draft {
        text: sheet.text(),
        mapping,
        edits,
        questions,
        stale,
    })
}

/// What is open after all that is certain.
fn questions(old: &Side, new: &Side, mapping: &Mapping, inference: &Inference) -> Result<Vec<Question>> {
    let side = Old {
        definition: &old.definition,
        data: old.data.as_ref(),
    };
    let gaps = gaps::find(side, &new.definition, mapping)?;
    let offences = offences::find(side, &new.definition, mapping)?;
    let asker = questions::Asker {
        old: side,
        new: &new.definition,
        mapping,
        inference,
    };
    asker.all(&gaps, &offences)
}

/// For each drop of a mapping, which section of the file it is of: one may name several tables or columns.
fn drops_in(text: &str) -> Vec<usize> {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let drops = table.get("drop").and_then(toml::Value::as_array);
    let many = |drop: &toml::Value, key: &str| drop.get(key).and_then(toml::Value::as_array).map(Vec::len);
    let count = |drop: &toml::Value| many(drop, "tables").or(many(drop, "columns")).unwrap_or(1);
    let each = drops.into_iter().flatten().enumerate();
    each.flat_map(|(n, drop)| std::iter::repeat_n(n, count(drop))).collect()
}
