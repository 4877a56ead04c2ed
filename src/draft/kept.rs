//! Questions about values that an earlier draft found in rows, where this one has no rows to look at. They are never dropped for that: only
//! an answer, or rows that do not offend any more, settle them.

use super::carried::{Carried, is};
use super::edit::{Place, Question};
use super::sheet::Begun;
use crate::reshape::{Mapping, ValueRule};
use crate::schema::Definition;

/// What stands above such a question.
const NOTE: &str = "An earlier draft found this in rows; this one had none to look at.";

/// The questions that stay besides those that are asked.
pub fn questions(begun: &[Begun], old: &Definition, new: &Definition, mapping: &Mapping, asked: &[Question]) -> Vec<Question> {
    let carried = Carried::read(old, new, mapping);
    let stays = |begun: &&Begun| is_open(begun, &carried) && !asked.iter().any(|question| question.place.is(&begun.place));
    begun.iter().filter(stays).map(question).collect()
}

/// Whether the column still gets the values of an old one as they are.
fn is_open(begun: &Begun, carried: &Carried<'_>) -> bool {
    let Place::Column { table, source, column } = &begun.place else {
        return false;
    };
    let target = carried.target(table);
    let source = target.and_then(|t| t.sources.iter().find(|s| s.n == *source));
    let given = source.and_then(|s| s.values.iter().find(|v| is(&v.column.name, column)));
    given.is_some_and(|given| given.old.is_some() && given.rule.as_ref().is_none_or(ValueRule::is_plain))
}

fn question(begun: &Begun) -> Question {
    let mut notes = begun.notes.clone();
    if notes.first().is_none_or(|first| first != NOTE) {
        notes.insert(0, NOTE.to_owned());
    }
    Question {
        place: begun.place.clone(),
        ask: begun.ask.clone(),
        notes,
        rule: ValueRule::default(),
        beside: Vec::new(),
        unmapped: Vec::new(),
    }
}
