//! The comparison: each part of the two schemas in its own file, and their findings in one list.

use super::masks::Masks;
use super::matching::Matching;
use super::report::{Finding, Report, SideFacts};
use super::{checks, columns, indexes, keys, order, sets, tables, texts};
use crate::failure::Result;
use crate::infer::Inference;
use crate::schema::{Side, Table};
use crate::sql::quoted;
use std::cmp::Reverse;

/// What a comparison stands on.
pub struct Basis<'a> {
    /// What belongs together.
    pub matching: Matching<'a>,
    /// What each site makes for itself.
    pub masks: Masks,
}

/// Two tables that are compared, or two columns' owners.
pub type Pair<'a> = (&'a Table, &'a Table);

/// Compares two sides. `masks` are regular expressions for literals that differ by site; those of the payloads and UUIDs are known.
pub fn compare(old: &Side, new: &Side, masks: &[String], inference: Option<Inference>) -> Result<Report> {
    let basis = Basis {
        matching: Matching::of(&old.definition, &new.definition, inference.as_ref()),
        masks: Masks::new(masks.iter().chain(&old.masks).chain(&new.masks))?,
    };
    let mut found: Vec<Finding> = Vec::new();
    tables::compare(&basis, &mut found);
    for pair in &basis.matching.tables {
        columns::compare(&basis, *pair, &mut found);
        keys::compare(&basis, *pair, &mut found);
        sets::compare(&basis, *pair, &mut found);
        checks::compare(&basis, *pair, &mut found);
        indexes::compare(&basis, *pair, &mut found);
    }
    texts::compare(&basis, &old.definition, &new.definition, &mut found);
    sort(&mut found);
    let order = order::order(&old.definition, &new.definition, &basis.matching);
    Ok(Report {
        old: facts(old)?,
        new: facts(new)?,
        findings: found,
        order,
        inference,
    })
}

/// The gravest first, then by table.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (Reverse(f.level), f.subject.table.to_ascii_lowercase(), f.kind);
        key(a).cmp(&key(b))
    });
}

fn facts(side: &Side) -> Result<SideFacts> {
    let mut rows = Vec::new();
    if let Some(data) = &side.data {
        for table in &side.definition.tables {
            let query = format!("SELECT count(*) FROM main.{}", quoted(&table.name));
            match data.query_row(&query, [], |r| r.get(0)) {
                Ok(number) => rows.push((table.name.clone(), number)),
                // Nobody can say how many rows a module keeps that is not there.
                Err(e) if e.to_string().contains("no such module") => {}
                Err(e) => {
                    let failure = crate::schema::explained(&e, side.name.as_ref());
                    return Err(failure
                        .hint(&format!("It was met in the table “{}”.", table.name))
                        .with("table", &*table.name));
                }
            }
        }
    }
    Ok(SideFacts {
        name: side.name.clone(),
        fingerprint: side.schema.fingerprint(),
        bytes: side.bytes,
        rows,
        schema: side.definition.clone(),
    })
}
