//! Columns that came, went, have another name or place, and what each of them takes.

use super::compare::{Basis, Pair};
use super::fates;
use super::masks::{Likeness, literal};
use super::report::{Change, Finding, Kind, Level, Subject};
use super::words::{declared, key, text};
use crate::reshape::Affinity;
use crate::schema::{Column, Table};
use crate::sql::normalised;

/// Compares the columns of two tables.
pub fn compare(basis: &Basis<'_>, pair: Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = pair;
    let mut kept: Vec<(&Column, &Column)> = Vec::new();
    for column in &old.columns {
        let now = new.column(&basis.matching.column(&old.name, &column.name));
        match now.filter(|_| basis.matching.is_kept(&old.name, &column.name)) {
            Some(now) => kept.push((column, now)),
            None => found.push(fates::gone(basis, pair, column)),
        }
    }
    let is_new = |column: &&Column| !kept.iter().any(|(_, now)| now.name == column.name);
    found.extend(new.columns.iter().filter(is_new).map(|column| fates::came(basis, pair, column)));
    place(pair, &kept, found);
    for (was, now) in kept {
        let pair = Two { old, new, was, now };
        pair.name(basis, found);
        pair.declared(found);
        pair.nullability(found);
        pair.default(basis, found);
        pair.collation(found);
        pair.generated(basis, found);
    }
}

/// Columns that are in both stand in another order.
fn place((old, new): Pair<'_>, kept: &[(&Column, &Column)], found: &mut Vec<Finding>) {
    let at = |column: &Column| new.columns.iter().position(|c| c.name == column.name);
    if kept.windows(2).all(|two| at(two[0].1) < at(two[1].1)) {
        return;
    }
    let names = |table: &Table, keep: &dyn Fn(&Column) -> bool| {
        let names: Vec<&str> = table.columns.iter().filter(|c| keep(c)).map(|c| c.name.as_str()).collect();
        names.join(", ")
    };
    let sentence = format!(
        "The columns of “{}” stand in another order, which matters only to SQL that does not name them.",
        new.name
    );
    let finding = Finding::new(Level::Safe, Kind::Column, Change::Changed, Subject::of(old, new, None), sentence);
    let finding = finding.old(names(old, &|c| kept.iter().any(|(was, _)| was.name == c.name)));
    found.push(finding.new_text(names(new, &|c| kept.iter().any(|(_, now)| now.name == c.name))));
}

/// A column in both schemas.
struct Two<'a> {
    old: &'a Table,
    new: &'a Table,
    was: &'a Column,
    now: &'a Column,
}

impl Two<'_> {
    fn place(&self) -> String {
        format!("{}.{}", self.new.name, self.now.name)
    }

    fn rule(&self, rule: &str) -> String {
        format!("[table.{}] columns.{} = {rule}", key(&self.new.name), key(&self.now.name))
    }

    fn changed(&self, level: Level, kind: Kind, sentence: String) -> Finding {
        let subject = Subject::of(self.old, self.new, Some(&self.was.name));
        Finding::new(level, kind, Change::Changed, subject, sentence)
    }

    fn name(&self, basis: &Basis<'_>, found: &mut Vec<Finding>) {
        let (was, now) = (&self.was.name, &self.now.name);
        if was == now {
            return;
        }
        let (level, sentence) = match was.eq_ignore_ascii_case(now) {
            true => (
                Level::Safe,
                format!(
                    "The column “{}.{was}” is written “{now}” now, which is the same name to SQLite.",
                    self.old.name
                ),
            ),
            false => (Level::Look, format!("The column “{}.{was}” is called “{now}” now.", self.old.name)),
        };
        let subject = Subject::of(self.old, self.new, Some(was));
        let mut finding = Finding::new(level, Kind::Column, Change::Renamed, subject, sentence)
            .old(was)
            .new_text(now);
        finding.advice = (level == Level::Look).then(|| self.rule(&text(was)) + &basis.matching.why_renamed(&self.old.name, Some(was)));
        found.push(finding);
    }

    fn declared(&self, found: &mut Vec<Finding>) {
        let (was, now) = (written(&self.was.declared), written(&self.now.declared));
        if was == now {
            return;
        }
        let (from, to) = (declared(self.was), declared(self.now));
        let place = self.place();
        let mut finding = match self.retyped(&was, &now) {
            Retyped::Refuses => self.changed(
                Level::Blocks,
                Kind::Type,
                format!("“{place}” is {to} instead of {from}, and the table is STRICT: values of another type are refused."),
            ),
            Retyped::Converts => self.changed(
                Level::Look,
                Kind::Type,
                format!("“{place}” is {to} instead of {from}: SQLite keeps some values in another form (“007” as text is 7 as a number)."),
            ),
            Retyped::Shorter => self.changed(
                Level::Look,
                Kind::Type,
                format!("“{place}” is {to} instead of {from}: longer texts may be there. SQLite keeps them; the application may not."),
            ),
            Retyped::Same => self.changed(
                Level::Safe,
                Kind::Type,
                format!("“{place}” is {to} instead of {from}; SQLite keeps values of both in the same form."),
            ),
        };
        if finding.level != Level::Safe {
            finding.advice = Some(
                self.rule("{ convert = true }") + " takes what SQLite makes of a value; { map = … } and { sql = \"…\" } say it by hand.",
            );
        }
        found.push(finding.old(&self.was.declared).new_text(&self.now.declared));
    }

    fn retyped(&self, was: &str, now: &str) -> Retyped {
        if self.new.strict && now != "ANY" && !(self.old.strict && [was, now].iter().all(|t| ["INT", "INTEGER"].contains(t))) {
            return Retyped::Refuses;
        }
        if Affinity::of(was, self.old.strict) != Affinity::of(now, self.new.strict) {
            return Retyped::Converts;
        }
        let is_text = Affinity::of(now, self.new.strict) == Affinity::Text;
        match (length(was), length(now)) {
            _ if !is_text => Retyped::Same,
            (None, Some(_)) => Retyped::Shorter,
            (Some(was), Some(now)) if now < was => Retyped::Shorter,
            _ => Retyped::Same,
        }
    }

    fn nullability(&self, found: &mut Vec<Finding>) {
        let finding = match (self.was.not_null, self.now.not_null) {
            (false, true) => {
                let sentence = format!(
                    "“{}” must not be NULL any more, and rows that are there may have no value.",
                    self.place()
                );
                let finding = self.changed(Level::Blocks, Kind::Nullability, sentence);
                finding.advise(self.rule("{ when_null = … }")).old("NULL").new_text("NOT NULL")
            }
            (true, false) => {
                let sentence = format!("“{}” may be NULL from now on.", self.place());
                self.changed(Level::Safe, Kind::Nullability, sentence)
                    .old("NOT NULL")
                    .new_text("NULL")
            }
            _ => return,
        };
        found.push(finding);
    }

    fn default(&self, basis: &Basis<'_>, found: &mut Vec<Finding>) {
        let place = self.place();
        let sentence = match (&self.was.default, &self.now.default) {
            (None, None) => return,
            (None, Some(now)) => format!("“{place}” has the default {now} from now on; rows that are there keep what they have."),
            (Some(was), None) => format!("“{place}” has no default any more; it was {was}."),
            (Some(was), Some(now)) => match basis.masks.compare(&literal(was), &literal(now)) {
                Likeness::Same => return,
                Likeness::Differs => {
                    format!("The default of “{place}” is {now} instead of {was}; rows that are there keep what they have.")
                }
                Likeness::BySite => {
                    let sentence = format!("The default of “{place}” differs only in what each site makes for itself.");
                    let mut finding = self.changed(Level::Safe, Kind::Default, sentence).old(was).new_text(now);
                    finding.by_site = true;
                    found.push(finding.advise("A mask in the mapping and in the manifest's [[database]] lets each site keep its own: mask = [\"urn:uuid:[0-9a-f-]+\"], or what fits it."));
                    return;
                }
            },
        };
        let mut finding = self.changed(Level::Safe, Kind::Default, sentence);
        finding.old.clone_from(&self.was.default);
        finding.new.clone_from(&self.now.default);
        found.push(finding);
    }

    fn collation(&self, found: &mut Vec<Finding>) {
        let (was, now) = (&self.was.collation, &self.now.collation);
        if was == now {
            return;
        }
        let sentence = format!(
            "“{}” is compared by {now} instead of {was}: what counts as equal, and what comes first, may change.",
            self.place()
        );
        found.push(self.changed(Level::Look, Kind::Collation, sentence).old(was).new_text(now));
    }

    fn generated(&self, basis: &Basis<'_>, found: &mut Vec<Finding>) {
        let place = self.place();
        let finding = match (&self.was.generated, &self.now.generated) {
            (None, None) => return,
            (None, Some(rule)) => self
                .changed(
                    Level::Blocks,
                    Kind::Generated,
                    format!(
                        "“{place}” is generated from now on, by {}: the values that are there give way to it.",
                        rule.expression
                    ),
                )
                .advise(format!(
                    "If they follow from the rule, or are not needed: [[drop]] table = {}, column = {}, reason = \"…\"",
                    text(&self.old.name),
                    text(&self.was.name)
                )),
            (Some(_), None) => self
                .changed(
                    Level::Look,
                    Kind::Generated,
                    format!("“{place}” is not generated any more: from now on it holds what is written into it."),
                )
                .advise(self.rule(&text(&self.was.name)) + " keeps the values that it had."),
            (Some(was), Some(now)) => match basis.masks.compare(&was.expression, &now.expression) {
                Likeness::Same if was.stored == now.stored => return,
                Likeness::Same => {
                    let how = if now.stored {
                        "stored in the row"
                    } else {
                        "worked out when it is read"
                    };
                    self.changed(
                        Level::Safe,
                        Kind::Generated,
                        format!("“{place}” is {how} from now on, by the same rule."),
                    )
                }
                like => {
                    let sentence = format!(
                        "“{place}” follows from another rule: {} instead of {}.",
                        now.expression, was.expression
                    );
                    let mut finding = self.changed(Level::Look, Kind::Generated, sentence);
                    finding.by_site = like == Likeness::BySite;
                    finding
                }
            },
        };
        let text = |column: &Column| {
            column
                .generated
                .as_ref()
                .map(|g| format!("{}{}", g.expression, if g.stored { " STORED" } else { "" }))
        };
        let mut finding = finding;
        finding.old = text(self.was);
        finding.new = text(self.now);
        found.push(finding);
    }
}

/// What another declared type does to values.
enum Retyped {
    /// The table is STRICT.
    Refuses,
    /// SQLite keeps some of them in another form.
    Converts,
    /// They may be longer than is declared.
    Shorter,
    /// Nothing.
    Same,
}

/// A type without what does not count.
fn written(declared: &str) -> String {
    normalised(declared).to_ascii_uppercase()
}

/// The n of `VARCHAR(n)`.
pub fn length(declared: &str) -> Option<u64> {
    let (_, rest) = declared.split_once('(')?;
    rest.trim_end_matches(')').split(',').next()?.trim().parse().ok()
}
