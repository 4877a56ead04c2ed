//! References that became something else: the value that they referred to, another key of the same thing, or rows of a link table.

use super::columns::{Pair, name};
use super::compete::Possible;
use super::data::Data;
use super::findings::{Column as Name, Shape};
use super::links;
use super::moves;
use super::names;
use super::odds::Odds;
use super::tables::Weights;
use super::types::{self, Family};
use super::world::{Places, World, column_key, reference, referred, sole_key};
use crate::schema::{Column, Table};
use crate::sql::quoted;

/// What is looked at.
pub struct Looking<'w, 'a> {
    /// Both sides.
    pub world: &'w World<'a>,
    /// Where tables went.
    pub places: &'w Places,
    /// Samples of the rows.
    pub data: &'w Data<'a>,
    /// How much names say.
    pub weights: &'w Weights,
}

impl Looking<'_, '_> {
    /// All that may have become of the columns of a pair.
    pub fn possible(&self, pair: &Pair<'_>) -> Vec<Possible> {
        let mut found = Vec::new();
        for a in &pair.gone {
            for b in &pair.came {
                found.extend(self.flattened(pair, a, b));
                found.extend(self.rekeyed(pair, a, b));
            }
            for link in self.world.new.tables.iter().filter(|t| !self.places.is_taken(&t.name)) {
                found.extend(self.linked(pair, a, link));
            }
        }
        found
    }

    fn possibility(&self, pair: &Pair<'_>, a: &Column, to: (&Table, &Column), shape: Shape, odds: Odds) -> Possible {
        Possible {
            shape,
            from: column_key(&pair.old.name, &a.name),
            to: column_key(&to.0.name, &to.1.name),
            called: format!("“{}” as “{}.{}”", a.name, to.0.name, to.1.name),
            odds,
        }
    }

    /// `brand_id` became `brand`.
    fn flattened(&self, pair: &Pair<'_>, a: &Column, b: &Column) -> Option<Possible> {
        let (parent, written) = reference(pair.old, &a.name)?;
        let parent = self.world.old.table(parent)?;
        let key = referred(parent, written)?;
        if reference(pair.new, &b.name).is_some() {
            return None;
        }
        let bare = without_id(&a.name);
        let of_column = names::likeness(&bare, &b.name, &[]);
        let of_table = names::likeness(&parent.name, &b.name, &[]);
        let likeness = if of_column.share >= of_table.share { of_column } else { of_table };
        if likeness.share < 0.5 {
            return None;
        }
        let (value, other) = self.value_of(parent, key, b)?;
        let mut odds = Odds::new(-1.5);
        odds.add("name", likeness.weight.min(3.0), likeness.sentence);
        let (weight, sentence) = types::likeness(value, b);
        odds.add("type", weight, sentence);
        if let Some(other) = other {
            odds.add(
                "structure",
                -0.8,
                format!("“{}.{}” could be the value as well.", parent.name, other.name),
            );
        }
        if self.places.of(&parent.name).is_none() {
            odds.add(
                "references",
                1.2,
                format!("“{}”, to which it referred, is there no more.", parent.name),
            );
        }
        self.values_are_found(pair.old, a, parent, key, &value.name, &mut odds);
        self.data.columns((parent, value), (pair.new, b), &mut odds);
        let shape = Shape::Flattened {
            from: name(pair.old, a),
            to: name(pair.new, b),
            value: name(parent, value),
            key: Name {
                table: parent.name.clone(),
                name: key.to_owned(),
            },
        };
        Some(self.possibility(pair, a, (pair.new, b), shape, odds))
    }

    /// The column of a table by which people know its rows, and another one if it is nearly as good.
    fn value_of<'t>(&self, parent: &'t Table, key: &str, target: &Column) -> Option<(&'t Column, Option<&'t Column>)> {
        let rows = self.data.old(parent);
        let judged = parent
            .columns
            .iter()
            .filter(|c| !c.name.eq_ignore_ascii_case(key) && reference(parent, &c.name).is_none())
            .map(|column| {
                let words = names::words(&column.name);
                let is_unique = parent
                    .uniques
                    .iter()
                    .any(|u| matches!(u.parts.as_slice(), [p] if p.text.eq_ignore_ascii_case(&column.name)));
                let named = words.iter().any(|w| matches!(w.as_str(), "name" | "title" | "label"));
                let fits = Family::of(&column.declared).fits(Family::of(&target.declared));
                let like = names::likeness(&column.name, &target.name, &[&parent.name]).share >= 0.8;
                let sketch = rows.columns.get(&super::world::key(&column.name)).filter(|s| s.filled() > 0);
                let is_distinct = sketch.is_some_and(|s| s.nulls == 0 && s.values.len() as u64 == s.filled());
                let is_empty = rows.seen > 0 && sketch.is_none();
                let mut sum = self.weights.get(&column.name).min(2.0) * 0.5;
                sum += if fits { 1.0 } else { -2.0 };
                sum += 1.5 * f64::from(u8::from(like))
                    + 1.5 * f64::from(u8::from(named))
                    + 0.5 * f64::from(u8::from(is_unique || is_distinct));
                sum += 0.5 * f64::from(u8::from(column.not_null)) - 2.0 * f64::from(u8::from(is_empty));
                sum += if words.iter().any(|w| matches!(w.as_str(), "uuid" | "id" | "comment")) {
                    -1.0
                } else {
                    0.0
                };
                (sum, column)
            });
        let mut judged: Vec<(f64, &Column)> = judged.collect();
        judged.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (best, column) = *judged.first()?;
        let other = judged.get(1).filter(|(sum, _)| best - sum < 0.5).map(|(_, column)| *column);
        (best > 0.5).then_some((column, other))
    }

    /// Whether the values of a reference find the row and the value that they should.
    fn values_are_found(&self, table: &Table, a: &Column, parent: &Table, key: &str, value: &str, odds: &mut Odds) {
        let (t, c, p) = (quoted(&table.name), quoted(&a.name), quoted(&parent.name));
        let sql = format!(
            "SELECT count(*), count(p.{}) FROM (SELECT DISTINCT {c} AS value FROM main.{t} WHERE {c} IS NOT NULL LIMIT 1000) AS v \
             LEFT JOIN main.{p} AS p ON p.{} = v.value",
            quoted(value),
            quoted(key)
        );
        match self.data.counts(&table.name, &sql) {
            Some((all, found)) if all > 0 && all == found => {
                odds.add(
                    "values",
                    0.8,
                    format!("All {all} values of “{}” find a “{value}” in “{}”.", a.name, parent.name),
                );
            }
            Some((all, found)) if all > 0 => {
                let weight = -2.0 * (1.0 - found as f64 / all as f64);
                odds.add(
                    "values",
                    weight,
                    format!("{found} of {all} values of “{}” find a “{value}” in “{}”.", a.name, parent.name),
                );
            }
            _ => {}
        }
    }

    /// `shelter_id` became `site_id`: the shelter has both.
    fn rekeyed(&self, pair: &Pair<'_>, a: &Column, b: &Column) -> Option<Possible> {
        let (parent, written) = reference(pair.old, &a.name)?;
        let (target, target_written) = reference(pair.new, &b.name)?;
        let through = self.world.old.table(parent)?;
        let old_key = referred(through, written)?;
        let same_thing = |column: &&Column| match reference(through, &column.name) {
            Some((other, _)) => self.places.is(other, target),
            None => false,
        };
        let own_key = || {
            let named = if self.places.is(parent, target) { target_written } else { None };
            named
                .and_then(|n| through.column(n))
                .filter(|c| !c.name.eq_ignore_ascii_case(old_key))
        };
        let mut keys = through
            .columns
            .iter()
            .filter(same_thing)
            .filter(|c| moves::is_of_one_row(self.data, through, &c.name));
        let new_key = own_key().or_else(|| keys.next())?;
        let mut odds = Odds::new(-1.0);
        let both = format!(
            "“{}” has “{old_key}” and “{}”, to which the new column refers.",
            through.name, new_key.name
        );
        odds.add("references", 2.0, both);
        if new_key.name.eq_ignore_ascii_case(&b.name) {
            odds.add("name", 1.0, format!("The other key is called “{}” there, too.", b.name));
        }
        let is_reference = |table: &Table, columns: &[&Column]| columns.iter().filter(|c| reference(table, &c.name).is_some()).count() == 1;
        if is_reference(pair.old, &pair.gone) && is_reference(pair.new, &pair.came) {
            let sentence = format!(
                "It is the only reference of “{}” that goes, and the only one that comes.",
                pair.old.name
            );
            odds.add("structure", 0.8, sentence);
        }
        self.values_are_found(pair.old, a, through, old_key, &new_key.name, &mut odds);
        let shape = Shape::Rekeyed {
            from: name(pair.old, a),
            to: name(pair.new, b),
            through: through.name.clone(),
            old_key: old_key.to_owned(),
            new_key: new_key.name.clone(),
        };
        Some(self.possibility(pair, a, (pair.new, b), shape, odds))
    }

    /// `region_id` became rows of `organisation_region`.
    fn linked(&self, pair: &Pair<'_>, a: &Column, link: &Table) -> Option<Possible> {
        let owner = self.owner(pair, link)?;
        let members = link
            .columns
            .iter()
            .filter(|c| c.name != owner.name && reference(link, &c.name).is_some());
        let mut found = members.filter_map(|member| self.member(pair, a, link, owner, member));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The column of a link table by which it belongs to what the old table became.
    fn owner<'t>(&self, pair: &Pair<'_>, link: &'t Table) -> Option<&'t Column> {
        let refers = |column: &&Column| {
            let Some((target, written)) = reference(link, &column.name) else {
                return false;
            };
            let is_whole = match written {
                Some(name) => sole_key(pair.new).is_some_and(|k| k.eq_ignore_ascii_case(name)) || pair.new.column(name).is_some(),
                None => true,
            };
            pair.new.name.eq_ignore_ascii_case(target) && is_whole
        };
        let shares = |column: &&Column| {
            let target = reference(link, &column.name).map(|(target, _)| target);
            let own = pair.old.column(&column.name).and_then(|c| reference(pair.old, &c.name));
            let same = target.zip(own).is_some_and(|(target, (parent, _))| self.places.is(parent, target));
            same && moves::is_of_one_row(self.data, pair.old, &column.name)
        };
        link.columns.iter().find(refers).or_else(|| link.columns.iter().find(shares))
    }

    fn member(&self, pair: &Pair<'_>, a: &Column, link: &Table, owner: &Column, member: &Column) -> Option<Possible> {
        let (target, _) = reference(link, &member.name)?;
        let mut odds = Odds::new(-2.0);
        let likeness = names::likeness(&a.name, &member.name, &[&pair.old.name, &link.name]);
        match reference(pair.old, &a.name) {
            Some((parent, _)) if self.places.is(parent, target) => {
                odds.add(
                    "references",
                    2.0,
                    format!("“{}.{}” refers to “{target}”, as “{}” did.", link.name, member.name, a.name),
                );
            }
            Some((parent, _)) if self.places.of(parent).is_some() => return None,
            _ if likeness.share < 0.8 => return None,
            _ => {}
        }
        odds.add("name", likeness.weight * 0.8, likeness.sentence);
        let (words, owners, targets) = (names::words(&link.name), names::words(&pair.new.name), names::words(target));
        if owners.iter().any(|w| words.contains(w)) && targets.iter().any(|w| words.contains(w)) {
            odds.add(
                "name",
                1.0,
                format!("“{}” is named after “{}” and “{target}”.", link.name, pair.new.name),
            );
        }
        let needs = |c: &&Column| c.not_null && c.default.is_none() && link.rowid_column.as_ref() != Some(&c.name);
        let free = link
            .columns
            .iter()
            .filter(|c| c.name != owner.name && c.name != member.name)
            .find(needs);
        match free {
            None => odds.add("structure", 0.5, format!("“{}” is new and needs nothing but the two.", link.name)),
            Some(more) => odds.add("structure", -1.5, format!("“{}.{}” must have a value, too.", link.name, more.name)),
        }
        let separator = links::separator(self.data, (pair.old, a), member, &mut odds)?;
        let shape = Shape::Linked {
            from: name(pair.old, a),
            table: link.name.clone(),
            owner: owner.name.clone(),
            member: member.name.clone(),
            separator,
        };
        Some(self.possibility(pair, a, (link, member), shape, odds))
    }
}

/// A reference's name without the word that only says that it is one.
fn without_id(name: &str) -> String {
    let words = names::words(name);
    let bare: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|w| !matches!(*w, "id" | "fk" | "ref"))
        .collect();
    bare.join("_")
}
