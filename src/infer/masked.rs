//! An inference that may be given to others: it says what it says, and shows the form of values instead of values. Names of a schema are none.

use super::findings::{Evidence, Inference, Shape};
use crate::masked::masked;
use crate::schema::Definition;
use std::collections::BTreeSet;

/// A value in a sentence: short, and without the marks that stand around it there.
pub fn told(value: &str) -> String {
    const SHOWN: usize = 40;
    let plain = |c: char| match c {
        '“' | '”' => '"',
        c if c.is_control() => ' ',
        c => c,
    };
    let mut short: String = value.chars().take(SHOWN).map(plain).collect();
    if value.chars().count() > SHOWN {
        short.push('…');
    }
    short
}

impl Inference {
    /// Puts the form of each value in its place.
    pub fn mask(&mut self, schemas: [&Definition; 2]) {
        let names = names(schemas);
        for found in &mut self.matches {
            hide_in(&mut found.evidence, &names);
            hide_map(&mut found.shape);
        }
        for open in &mut self.open {
            // Values of one form are one then.
            for (value, _) in &mut open.samples {
                *value = masked(value);
            }
            for candidate in &mut open.candidates {
                hide_in(&mut candidate.evidence, &names);
                hide_map(&mut candidate.shape);
            }
        }
    }
}

fn hide_map(shape: &mut Shape) {
    if let Shape::ValuesRenamed { values, .. } = shape {
        for (old, new) in values {
            (*old, *new) = (masked(old), masked(new));
        }
    }
}

/// What stands in quotes and is no name is a value.
fn hide_in(evidence: &mut [Evidence], names: &BTreeSet<&str>) {
    for reason in evidence.iter_mut().filter(|reason| reason.about == "values") {
        let mut hidden = String::new();
        let mut rest = reason.sentence.as_str();
        while let Some((before, behind)) = rest.split_once('“') {
            let (quoted, after) = behind.split_once('”').unwrap_or((behind, ""));
            let shown = if names.contains(quoted) {
                quoted.to_owned()
            } else {
                masked(quoted)
            };
            hidden += &format!("{before}“{shown}”");
            rest = after;
        }
        reason.sentence = hidden + rest;
    }
}

fn names(schemas: [&Definition; 2]) -> BTreeSet<&str> {
    let tables = schemas.into_iter().flat_map(|schema| &schema.tables);
    tables
        .flat_map(|table| {
            let columns = table.columns.iter().flat_map(|c| [c.name.as_str(), c.declared.as_str()]);
            columns.chain([table.name.as_str()])
        })
        .collect()
}
