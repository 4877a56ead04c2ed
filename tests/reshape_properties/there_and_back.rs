//! Through a random mapping and back through its inverse.

use super::chance::Chance;
use super::world::{LOOSE, World};
use super::*;
use holdfast::failure::Reason;
use holdfast::reshape::{Drop, SourceRule, ValueRule};
use std::collections::BTreeMap;

/// The same database with other names, another order of columns, and more columns.
fn changed(world: &World, chance: &mut Chance) -> World {
    let mut new = world.clone();
    for (n, table) in new.tables.iter_mut().enumerate() {
        if chance.percent(60) {
            table.name = format!("{} after {n}", ["Ünï", "group", "a\"b", "New"][chance.below(4)]);
        }
        for (c, column) in table.columns.iter_mut().enumerate() {
            if column.name != LOOSE && chance.percent(40) {
                column.name = format!("{} {c}", ["c", "É", "to", "\"\""][chance.below(4)]);
            }
        }
        table.order = chance.shuffled(table.columns.len());
        if chance.percent(40) {
            let added = [
                "TEXT NOT NULL DEFAULT 'new'",
                "TEXT DEFAULT CURRENT_TIMESTAMP",
                "INTEGER NOT NULL DEFAULT (6 * 7)",
                "REAL",
            ];
            table.extra.push(format!("\"added one\" {}", chance.pick(&added)));
        }
    }
    new
}

fn mapping(from: &World, to: &World) -> Mapping {
    let mut mapping = Mapping::default();
    for (old, new) in from.tables.iter().zip(&to.tables) {
        let kept = |n: &usize| !new.columns[*n].generated && new.order.contains(n) && old.order.contains(n);
        let rule = |n: usize| ValueRule {
            from: Some(old.columns[n].name.clone()),
            ..ValueRule::default()
        };
        let columns: BTreeMap<String, ValueRule> = (0..new.columns.len())
            .filter(kept)
            .map(|n| (new.columns[n].name.clone(), rule(n)))
            .collect();
        let rule = SourceRule {
            from: Some(old.name.clone()),
            columns,
            ..SourceRule::default()
        };
        mapping.tables.insert(new.name.clone(), vec![rule]);
        for _ in &old.extra {
            mapping.drops.push(drop(&old.name, "added one"));
        }
    }
    mapping
}

fn drop(table: &str, column: &str) -> Drop {
    Drop {
        table: table.to_owned(),
        column: Some(column.to_owned()),
        reason: "not wanted".to_owned(),
    }
}

fn kept_columns(world: &World, table: usize, without: bool) -> Vec<String> {
    let names = world.tables[table].columns.iter().map(|c| c.name.clone());
    names.filter(|name| !without || name != LOOSE).collect()
}

#[test]
fn there_and_back_gives_what_was() {
    with_seeds(300, |chance, sql| {
        let old = memory();
        let mut world = World::random(chance);
        world.make(chance, &old, sql);
        let mut target = changed(&world, chance);
        let loses = chance.percent(40);
        if loses {
            let table = &mut target.tables[0];
            let loose = table.columns.len() - 1;
            table.order.retain(|n| *n != loose);
            table
                .columns
                .iter_mut()
                .for_each(|c| c.rest = c.rest.replace("\"loose one\"", "'loose one'"));
        }
        let mut there = mapping(&world, &target);
        *sql += &format!(
            "-- to\n{}-- by {}\n",
            target.schema(),
            serde_json::to_string_pretty(&there).expect("JSON")
        );
        if loses {
            let first = &world.tables[0].name;
            let values = rows(&old, &format!("SELECT count(\"{LOOSE}\") FROM {}", quoted(first)));
            match (reshaped(&old, &target.schema(), &there), &values[0][0]) {
                (Ok(_), Value::Integer(0)) => {}
                (Err(failure), Value::Integer(1..)) => {
                    assert_eq!(failure.reason, Reason::RowsLost, "{failure}");
                    assert_eq!(failure.fields["table"], first.as_str());
                    assert_eq!(failure.fields["column"], LOOSE);
                }
                (result, values) => panic!("{values:?} values to be lost: {:?}", result.err()),
            }
            there.drops.push(drop(first, LOOSE));
        }
        let (new, _) = reshaped(&old, &target.schema(), &there).unwrap_or_else(|f| panic!("there: {f}"));
        assert_sound(&new);
        let wanted = memory();
        wanted.execute_batch(&target.schema()).expect("a schema");
        assert_same_schema(&new, &wanted);
        let back = mapping(&target, &world);
        let (again, _) = reshaped(&new, &world.schema(), &back).unwrap_or_else(|f| panic!("back: {f}"));
        for (n, table) in world.tables.iter().enumerate() {
            let columns = kept_columns(&world, n, loses && n == 0);
            assert_eq!(sorted(&again, &table.name, &columns), sorted(&old, &table.name, &columns));
        }
        if !loses {
            assert_same(&again, &old);
        }
    });
}
