//! The tables that change, those beside them, and the references between: one picture, or one for each group if there are too many.

use super::layers::{Edge, Fate, Node, arrow, draw};
use super::summary::counted;
use super::view::{Card, View, safe, toned};
use crate::diff::report::{Change, Level};
use crate::page::Tone;
use crate::schema::Table;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap, HashSet};

/// So many tables are drawn as one picture.
const ONE_PICTURE: usize = 40;
/// A table to which more of those in a picture refer gets no arrows, but a number.
const HUB: usize = 12;
/// So many tables share the beginning of their names in a group.
const GROUP: usize = 3;

/// A reference between two cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Reference {
    child: usize,
    parent: usize,
    is_old: bool,
    is_new: bool,
}

/// The section; nothing if no table differs.
pub fn section(view: &View<'_>) -> Markup {
    let changed: Vec<usize> = (1..view.cards.len()).filter(|n| is_drawn(&view.cards[*n])).collect();
    if changed.is_empty() {
        return html! {};
    }
    let references = references(view);
    let shown = with_neighbours(&changed, &references);
    html! {
        section aria-labelledby="picture" {
            h2 #picture { "The tables and what they refer to" }
            p class="soft" { "An arrow leads from a table to the one that it refers to. " span class="key new" { "new" } " " span class="key gone" { "gone" } " " span class="key" { "as it was" } }
            (arrow())
            @if shown.len() <= ONE_PICTURE {
                (one(view, &shown, &references, "All tables that change, and those beside them"))
            } @else {
                (groups(view, &changed, &references))
            }
        }
    }
}

/// Whether more is to be seen of a table than what is alike at many: something of its own, or something that came or went.
fn is_drawn(card: &Card<'_>) -> bool {
    !card.own.is_empty() || card.folded.iter().any(|f| matches!(f.change, Change::Added | Change::Removed))
}

/// All references of both sides, by cards.
fn references(view: &View<'_>) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    let mut places: HashMap<(usize, usize), usize> = HashMap::new();
    for (child, card) in view.cards.iter().enumerate() {
        for (is_old, table) in [(true, card.old), (false, card.new)] {
            for parent in table.into_iter().flat_map(parents).filter_map(|parent| view.card(is_old, &parent)) {
                let place = *places.entry((child, parent)).or_insert_with(|| {
                    found.push(Reference {
                        child,
                        parent,
                        is_old: false,
                        is_new: false,
                    });
                    found.len() - 1
                });
                found[place].is_old |= is_old;
                found[place].is_new |= !is_old;
            }
        }
    }
    found
}

fn parents(table: &Table) -> Vec<String> {
    table.foreign_keys.iter().map(|key| key.parent.clone()).collect()
}

/// The changed tables and those with which they are joined, but not all that refer to a hub.
fn with_neighbours(changed: &[usize], references: &[Reference]) -> Vec<usize> {
    let is_changed: HashSet<usize> = changed.iter().copied().collect();
    let referring = |parent: usize| references.iter().filter(|r| r.parent == parent).count();
    let mut shown = is_changed.clone();
    for r in references {
        if is_changed.contains(&r.child) {
            shown.insert(r.parent);
        } else if is_changed.contains(&r.parent) && referring(r.parent) <= HUB {
            shown.insert(r.child);
        }
    }
    let mut shown: Vec<usize> = shown.into_iter().collect();
    shown.sort_unstable();
    shown
}

/// One picture, and the same in words.
fn one(view: &View<'_>, shown: &[usize], references: &[Reference], label: &str) -> Markup {
    let shown = parents_first(view, shown);
    let places: HashMap<usize, usize> = shown.iter().enumerate().map(|(n, card)| (*card, n)).collect();
    let inside: Vec<&Reference> = references
        .iter()
        .filter(|r| places.contains_key(&r.child) && places.contains_key(&r.parent))
        .collect();
    let mut referring: HashMap<usize, usize> = HashMap::new();
    inside.iter().for_each(|r| *referring.entry(r.parent).or_default() += 1);
    let is_hub = |card: usize| referring.get(&card).is_some_and(|n| *n > HUB);
    let nodes: Vec<Node> = shown
        .iter()
        .map(|card| node(&view.cards[*card], referring.get(card).copied().filter(|n| *n > HUB)))
        .collect();
    let edges: Vec<Edge> = inside
        .iter()
        .filter(|r| !is_hub(r.parent))
        .map(|r| Edge {
            child: places[&r.child],
            parent: places[&r.parent],
            fate: fate(r),
        })
        .collect();
    html! {
        (draw(label, &nodes, &edges))
        details class="words" {
            summary { "The same in words" }
            ul { @for card in &shown {
                li {
                    b { (view.cards[*card].name()) } " (" (note(&view.cards[*card])) ")"
                    @for (n, r) in inside.iter().filter(|r| r.child == *card).enumerate() {
                        (if n == 0 { " refers to " } else { ", " }) (view.cards[r.parent].name())
                        @match fate(r) { Fate::New => " (new)", Fate::Gone => " (gone)", Fate::Kept => "" }
                    }
                }
            } }
        }
    }
}

fn fate(r: &Reference) -> Fate {
    match (r.is_old, r.is_new) {
        (false, true) => Fate::New,
        (true, false) => Fate::Gone,
        _ => Fate::Kept,
    }
}

/// The order in which they can be filled; those that go stand at the end, parents first, too.
fn parents_first(view: &View<'_>, shown: &[usize]) -> Vec<usize> {
    let order = &view.report.order;
    let new = order.fill.iter().filter_map(|name| view.card(false, name));
    let old = order.drop.iter().rev().filter_map(|name| view.card(true, name));
    let ranks: HashMap<usize, usize> = new.chain(old).enumerate().map(|(rank, card)| (card, rank)).collect();
    let mut shown = shown.to_vec();
    shown.sort_by_key(|card| (ranks.get(card).copied().unwrap_or(usize::MAX), *card));
    shown
}

fn node(card: &Card<'_>, referring: Option<usize>) -> Node {
    let drawn = is_drawn(card).then(|| card.level()).flatten();
    let tone = match (drawn, card.old, card.new) {
        (_, Some(_), None) => Tone::Bad,
        (None, ..) => Tone::Plain,
        (Some(level), ..) => toned(level).0,
    };
    Node {
        label: card.name().to_owned(),
        note: match referring {
            Some(n) => format!("{n} refer to it"),
            None => note(card),
        },
        tone,
        is_gone: card.new.is_none(),
        anchor: card.anchor.clone(),
    }
}

/// What is to be said of a table in few words.
fn note(card: &Card<'_>) -> String {
    let count = |level: Level| if is_drawn(card) { card.number(level) } else { 0 };
    match (card.old, card.new) {
        (Some(_), None) => "gone".to_owned(),
        (None, _) => "new".to_owned(),
        (Some(old), Some(new)) if !old.name.eq_ignore_ascii_case(&new.name) => format!("was {}", old.name),
        _ => {
            // Of the two gravest: there is little room.
            let words: Vec<String> = [Level::Blocks, Level::Look, Level::Safe]
                .into_iter()
                .filter(|l| count(*l) > 0)
                .take(2)
                .map(|l| format!("{} {}", count(l), toned(l).1))
                .collect();
            if words.is_empty() {
                "as it was".to_owned()
            } else {
                words.join(", ")
            }
        }
    }
}

/// A picture of the groups, and one of each group.
fn groups(view: &View<'_>, changed: &[usize], references: &[Reference]) -> Markup {
    let all: Vec<usize> = (1..view.cards.len()).collect();
    let groups = grouped(view, &all);
    let group_of: HashMap<usize, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(n, (_, cards))| cards.iter().map(move |card| (*card, n)))
        .collect();
    let is_changed: HashSet<usize> = changed.iter().copied().collect();
    let drawn: Vec<usize> = (0..groups.len())
        .filter(|n| groups[*n].1.iter().any(|card| is_changed.contains(card)))
        .collect();
    html! {
        (overview(view, &groups, &drawn, &group_of, &is_changed, references))
        div class="groups" { @for n in &drawn {
            @let (name, cards) = &groups[*n];
            @let mine: Vec<usize> = cards.iter().copied().filter(|c| is_changed.contains(c)).collect();
            details class="card" id={ "group-" (safe(name)) } {
                summary { h3 { (name) } " " span class="soft" { (counted(mine.len(), "table changes", "tables change")) " of " (cards.len()) } }
                (one(view, &beside(&mine, *n, &group_of, references), references, &format!("The tables of {name} that change, and those beside them")))
            }
        } }
    }
}

/// The changed tables of a group, those of the group with which they are joined, and others only if the reference itself changes.
fn beside(mine: &[usize], group: usize, group_of: &HashMap<usize, usize>, references: &[Reference]) -> Vec<usize> {
    let is_mine: HashSet<usize> = mine.iter().copied().collect();
    let mut shown = is_mine.clone();
    for r in references {
        for (one, other) in [(r.child, r.parent), (r.parent, r.child)] {
            let is_near = group_of.get(&other) == Some(&group) || (fate(r) != Fate::Kept && one == r.child);
            if is_mine.contains(&one) && is_near {
                shown.insert(other);
            }
        }
    }
    let mut shown: Vec<usize> = shown.into_iter().collect();
    shown.sort_unstable();
    shown
}

fn overview(
    view: &View<'_>,
    groups: &[(String, Vec<usize>)],
    drawn: &[usize],
    group_of: &HashMap<usize, usize>,
    is_changed: &HashSet<usize>,
    references: &[Reference],
) -> Markup {
    let mut joined: BTreeMap<(usize, usize), Fate> = BTreeMap::new();
    let mut referring: HashMap<usize, usize> = HashMap::new();
    references.iter().for_each(|r| *referring.entry(r.parent).or_default() += 1);
    // What goes with its table is seen there, and what all refer to would hide the rest.
    let is_drawn = |r: &&Reference| {
        is_changed.contains(&r.child) && fate(r) != Fate::Kept && view.cards[r.child].new.is_some() && referring[&r.parent] <= HUB
    };
    for r in references.iter().filter(is_drawn) {
        if let (Some(child), Some(parent)) = (group_of.get(&r.child), group_of.get(&r.parent)) {
            joined.insert((*child, *parent), fate(r));
        }
    }
    let places: HashMap<usize, usize> = drawn.iter().enumerate().map(|(n, group)| (*group, n)).collect();
    let nodes: Vec<Node> = drawn.iter().map(|n| group_node(view, &groups[*n], is_changed)).collect();
    let edges: Vec<Edge> = joined
        .iter()
        .filter(|((child, parent), _)| child != parent)
        .filter_map(|((child, parent), fate)| {
            Some(Edge {
                child: *places.get(child)?,
                parent: *places.get(parent)?,
                fate: *fate,
            })
        })
        .collect();
    html! {
        p { "Tables are grouped by the beginning of their names. Between groups, only references that come or go are drawn, and none to a table to which most refer." }
        (draw("Groups of tables that change", &nodes, &edges))
    }
}

fn group_node(view: &View<'_>, (name, cards): &(String, Vec<usize>), is_changed: &HashSet<usize>) -> Node {
    let changed: Vec<&Card<'_>> = cards.iter().filter(|c| is_changed.contains(c)).map(|c| &view.cards[*c]).collect();
    let gravest = changed.iter().filter_map(|c| c.level()).max();
    let blocks = changed.iter().filter(|c| c.level() == Some(Level::Blocks)).count();
    Node {
        label: name.clone(),
        note: match blocks {
            0 => counted(changed.len(), "table", "tables"),
            _ => format!("{}, {blocks} to decide", counted(changed.len(), "table", "tables")),
        },
        tone: gravest.map_or(Tone::Plain, |level| toned(level).0),
        is_gone: false,
        anchor: format!("group-{}", safe(name)),
    }
}

/// Tables by the beginning of their names; a group that would be too large, by more of it.
fn grouped(view: &View<'_>, cards: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    let mut others = Vec::new();
    for (name, cards) in by_beginning(view, cards, 1) {
        if cards.len() < GROUP {
            others.extend(cards);
        } else if cards.len() <= ONE_PICTURE {
            groups.push((name, cards));
        } else {
            let mut rest = Vec::new();
            for (name, cards) in by_beginning(view, &cards, 2) {
                if cards.len() < GROUP {
                    rest.extend(cards)
                } else {
                    cut(name, &cards, &mut groups)
                }
            }
            cut(format!("{name}, others"), &rest, &mut groups);
        }
    }
    cut("others".to_owned(), &others, &mut groups);
    groups
}

fn by_beginning(view: &View<'_>, cards: &[usize], words: usize) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for card in cards {
        groups.entry(beginning(view.cards[*card].name(), words)).or_default().push(*card);
    }
    groups
}

/// Pieces that can be drawn.
fn cut(name: String, cards: &[usize], groups: &mut Vec<(String, Vec<usize>)>) {
    for (n, cards) in cards.chunks(ONE_PICTURE).enumerate() {
        let name = if n == 0 { name.clone() } else { format!("{name}, part {}", n + 1) };
        groups.push((name, cards.to_vec()));
    }
}

/// The first words of a name, which `_`, a dot or a blank ends.
fn beginning(name: &str, words: usize) -> String {
    let end = name
        .match_indices(['_', '.', ' ', '-'])
        .nth(words - 1)
        .map_or(name.len(), |(place, _)| place);
    name[..end].to_ascii_lowercase()
}
