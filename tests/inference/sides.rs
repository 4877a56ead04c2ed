//! Two schemas as SQL text, and what is found between them, said shortly.

use holdfast::infer::{Candidate, Column, Hints, Inference, Origin, Shape, infer};
use holdfast::schema;
use std::path::Path;

/// What is found between two SQL texts.
#[track_caller]
pub fn between(old: &str, new: &str) -> Inference {
    with_hints(old, new, "").expect("an inference")
}

/// The same with a hints file; the error as people read it.
#[track_caller]
pub fn with_hints(old: &str, new: &str, hints: &str) -> Result<Inference, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let side = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("text");
        schema::open(path.to_str().expect("a path"), None).expect(name)
    };
    let hints = Hints::parse("hints.toml", hints).map_err(|f| f.message)?;
    infer(&side("old.sql", old), &side("new.sql", new), &hints).map_err(|f| f.message)
}

/// What is found between two files.
pub fn between_files(old: &Path, new: &Path) -> Inference {
    let side = |path: &Path| schema::open(path.to_str().expect("a path"), None).expect("a side");
    infer(&side(old), &side(new), &Hints::default()).expect("an inference")
}

/// A shape in one line.
pub fn said(shape: &Shape) -> String {
    let c = |c: &Column| format!("{}.{}", c.table, c.name);
    match shape {
        Shape::TableRenamed { from, to } => format!("{from} → {to}"),
        Shape::ColumnRenamed { from, to } => format!("{} → {}", c(from), c(to)),
        Shape::ColumnMoved { from, to, by } => {
            let by: Vec<String> = by.iter().map(|(column, value)| format!("{column} = {value}")).collect();
            format!("{} moved to {} by {}", c(from), c(to), by.join(", "))
        }
        Shape::TableMerged { from, to } => format!("{from} merged into {to}"),
        Shape::Flattened { from, to, value, .. } => format!("{} flattened to {} from {}", c(from), c(to), c(value)),
        Shape::Linked {
            from,
            table,
            owner,
            member,
            separator,
        } => {
            let by = separator.as_ref().map(|s| format!(" by “{s}”")).unwrap_or_default();
            format!("{} linked in {table}({owner}, {member}){by}", c(from))
        }
        Shape::Rekeyed {
            from,
            to,
            through,
            old_key,
            new_key,
        } => format!("{} rekeyed to {} through {through}({old_key}, {new_key})", c(from), c(to)),
        Shape::ValuesRenamed { to, values, .. } => {
            let values: Vec<String> = values.iter().map(|(a, b)| format!("{a} → {b}")).collect();
            format!("values of {}: {}", c(to), values.join(", "))
        }
        Shape::IndexRenamed { from, to, .. } => format!("index {from} → {to}"),
        Shape::Retyped { to, .. } => format!("{} retyped", c(to)),
        Shape::Dropped {
            table,
            column: Some(column),
            ..
        } => format!("{table}.{column} dropped"),
        Shape::Dropped { table, .. } => format!("{table} dropped"),
    }
}

/// All matches in one line each, sorted.
pub fn matches(inference: &Inference) -> Vec<String> {
    let mut list: Vec<String> = inference.matches.iter().map(|m| said(&m.shape)).collect();
    list.sort();
    list
}

#[allow(dead_code)]
/// What is open, in one line each, sorted.
pub fn open(inference: &Inference) -> Vec<String> {
    let mut list: Vec<String> = inference.open.iter().map(|o| origin(&o.origin)).collect();
    list.sort();
    list
}

/// What a question is about.
pub fn origin(origin: &Origin) -> String {
    match origin {
        Origin::OldTable { table } => format!("{table}?"),
        Origin::OldColumn(c) => format!("{}.{}?", c.table, c.name),
        Origin::NewColumn(c) => format!("{}.{} from where?", c.table, c.name),
        Origin::Values(c) => format!("values of {}.{}?", c.table, c.name),
    }
}

/// The whole in lines, for people who look for what went wrong.
pub fn told(inference: &Inference) -> String {
    let mut text = String::new();
    let reasons = |e: &[holdfast::infer::Evidence]| {
        let list: Vec<String> = e.iter().map(|e| format!("      {:+.2} {}", e.weight, e.sentence)).collect();
        list.join("\n")
    };
    for m in &inference.matches {
        text += &format!("{:.2} {}\n{}\n", m.score, said(&m.shape), reasons(&m.evidence));
    }
    for o in &inference.open {
        text += &format!("?    {} rows {:?} {:?}\n", origin(&o.origin), o.rows, o.samples);
        for Candidate { shape, score, evidence } in &o.candidates {
            text += &format!("     {score:.2} {}\n{}\n", said(shape), reasons(evidence));
        }
    }
    text
}
