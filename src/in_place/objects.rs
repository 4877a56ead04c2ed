//! Triggers, views and indexes: those that would stand in the way are taken away first, and made again at the end.

use super::table::Plan;
use super::{Script, Work};
use crate::schema::{Index, Table, TableKind};
use crate::sql::{normalised, quoted};
use std::collections::BTreeSet;

/// Drops triggers and views; all of them where tables move, because SQLite reads each of them again whenever a table is renamed.
pub fn take_away(work: &Work<'_>, plan: &Plan<'_>, is_moved: bool, script: &mut Script) {
    for trigger in &work.old.triggers {
        let same = work
            .new
            .triggers
            .iter()
            .any(|t| t.name == trigger.name && normalised(&t.sql) == normalised(&trigger.sql));
        if is_moved || !same {
            script.say(&format!("DROP TRIGGER {}", quoted(&trigger.name)));
        }
    }
    // A view that reads another one goes first.
    for view in work.old.views.iter().rev() {
        let same = work
            .new
            .views
            .iter()
            .any(|v| v.name == view.name && normalised(&v.sql) == normalised(&view.sql));
        if is_moved || !same {
            script.say(&format!("DROP VIEW {}", quoted(&view.name)));
        }
    }
    for (table, index) in old_indexes(work) {
        let goes = work.new.table(&table.name).is_none_or(|new| !has(new, index));
        if goes && plan.stays(table) {
            script.say(&format!("DROP INDEX {}", quoted(&index.name)));
        }
    }
}

/// Makes indexes, views and triggers of the new schema that are not there.
pub fn bring_back(work: &Work<'_>, plan: &Plan<'_>, is_moved: bool, script: &mut Script) {
    script.blank();
    let made: BTreeSet<&str> = plan.made.iter().map(|m| m.new.name.as_str()).collect();
    for table in &work.new.tables {
        for index in &table.indexes {
            let stands = !made.contains(table.name.as_str()) && work.old.table(&table.name).is_some_and(|old| has(old, index));
            if !stands {
                script.say(&index.sql);
            }
        }
    }
    rebuilt(work, &made, script);
    for view in &work.new.views {
        let same = work
            .old
            .views
            .iter()
            .any(|v| v.name == view.name && normalised(&v.sql) == normalised(&view.sql));
        if is_moved || !same {
            script.say(&view.sql);
        }
    }
    for trigger in &work.new.triggers {
        let same = work
            .old
            .triggers
            .iter()
            .any(|t| t.name == trigger.name && normalised(&t.sql) == normalised(&trigger.sql));
        if is_moved || !same {
            script.say(&trigger.sql);
        }
    }
}

/// Full-text indexes over tables that were made anew.
fn rebuilt(work: &Work<'_>, made: &BTreeSet<&str>, script: &mut Script) {
    for table in &work.new.tables {
        let TableKind::Virtual { module, .. } = &table.kind else {
            continue;
        };
        let content = crate::reshape::content_table(&table.sql);
        let is_over = content.is_some_and(|content| made.iter().any(|name| name.eq_ignore_ascii_case(&content)));
        if is_over && module.to_lowercase().starts_with("fts") && work.old.table(&table.name).is_some() {
            let name = quoted(&table.name);
            script.say(&format!("INSERT INTO {name}({name}) VALUES ('rebuild')"));
        }
    }
}

fn old_indexes<'a>(work: &Work<'a>) -> impl Iterator<Item = (&'a Table, &'a Index)> {
    work.old
        .tables
        .iter()
        .flat_map(|table| table.indexes.iter().map(move |index| (table, index)))
}

fn has(table: &Table, index: &Index) -> bool {
    let form = |i: &Index| Index {
        sql: String::new(),
        ..i.clone()
    };
    table.indexes.iter().any(|other| form(other) == form(index))
}
