//! A picture of boxes and arrows in layers: what others refer to stands above them. It is drawn as SVG, in which each box is a link.
//!
//! The layout is simple and always the same: one pass for the layers, some for the order within them, rows of a bounded width.

use crate::page::Tone;
use maud::{Markup, html};

/// A box.
#[derive(Debug)]
pub struct Node {
    /// What stands in it first.
    pub label: String,
    /// A second line.
    pub note: String,
    /// Its colour.
    pub tone: Tone,
    /// Whether its border is broken: what is gone.
    pub is_gone: bool,
    /// Where it leads.
    pub anchor: String,
}

/// An arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// What refers.
    pub child: usize,
    /// To what it refers.
    pub parent: usize,
    /// What becomes of the reference.
    pub fate: Fate,
}

/// What becomes of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Kept,
    /// It is new.
    New,
    /// It is gone.
    Gone,
}

const WIDTH: usize = 176;
const HEIGHT: usize = 42;
const GAP: usize = 18;
const RISE: usize = 46;
const MARGIN: usize = 12;
/// So many boxes stand beside each other.
const ACROSS: usize = 6;
/// So many letters fit into a box.
const LETTERS: usize = 22;
/// So many into its second line.
const NOTE_LETTERS: usize = 26;
/// How often the order within the layers is improved.
const SWEEPS: usize = 6;

/// Draws boxes, of which what is referred to comes before what refers to it, as far as that can be.
pub fn draw(label: &str, nodes: &[Node], edges: &[Edge]) -> Markup {
    let rows = rows(nodes.len(), edges);
    let across = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = 2 * MARGIN + across * (WIDTH + GAP) - GAP.min(across * GAP);
    let height = 2 * MARGIN + rows.len() * (HEIGHT + RISE) - RISE.min(rows.len() * RISE);
    let mut places = vec![(0, 0); nodes.len()];
    for (line, row) in rows.iter().enumerate() {
        let left = (width - row.len() * (WIDTH + GAP) + GAP) / 2;
        for (n, node) in row.iter().enumerate() {
            places[*node] = (left + n * (WIDTH + GAP), MARGIN + line * (HEIGHT + RISE));
        }
    }
    html! {
        div class="scroll picture" tabindex="0" role="group" aria-label=(label) {
            svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } {
                @for edge in edges {
                    path class=(line_class(edge.fate)) d=(curve(places[edge.child], places[edge.parent])) marker-end="url(#arrow)" {}
                }
                @for (node, place) in nodes.iter().zip(&places) { (drawn(node, *place)) }
            }
        }
    }
}

/// The head of all arrows, once in a page.
pub fn arrow() -> Markup {
    html! {
        svg class="defs" width="0" height="0" aria-hidden="true" {
            marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse" {
                path class="head" d="M0 0 8 4 0 8z" {}
            }
        }
    }
}

fn line_class(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "edge",
        Fate::New => "edge is-new",
        Fate::Gone => "edge is-gone",
    }
}

fn drawn(node: &Node, (x, y): (usize, usize)) -> Markup {
    let middle = x + WIDTH / 2;
    html! {
        a href={ "#" (node.anchor) } {
            title { (node.label) @if !node.note.is_empty() { ": " (node.note) } }
            rect class={ "box " (node.tone.class()) @if node.is_gone { " is-gone" } } x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="6" {}
            text x=(middle) y=(y + if node.note.is_empty() { 26 } else { 18 }) text-anchor="middle" { (shortened(&node.label, LETTERS)) }
            @if !node.note.is_empty() {
                text class="note" x=(middle) y=(y + 33) text-anchor="middle" { (shortened(&node.note, NOTE_LETTERS)) }
            }
        }
    }
}

/// A name with its middle left out, since names are told apart by both ends.
fn shortened(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.to_owned();
    }
    let half = (most - 1) / 2;
    let (head, tail) = (&letters[..most - 1 - half], &letters[letters.len() - half..]);
    format!("{}…{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

/// A curve from the box that refers to the one to which it refers; round the side if that does not stand above it.
fn curve(child: (usize, usize), parent: (usize, usize)) -> String {
    let middle = |x: usize| x + WIDTH / 2;
    if child == parent {
        let (x, y) = (child.0 + WIDTH, child.1 + HEIGHT / 3);
        return format!("M{x} {y}c16 -4 16 20 1 14");
    }
    if parent.1 < child.1 {
        let (from, to) = (middle(child.0), middle(parent.0));
        let (top, bottom) = (child.1, parent.1 + HEIGHT);
        let pull = RISE * 2 / 3;
        return format!("M{from} {top}C{from} {} {to} {} {to} {bottom}", top - pull, bottom + pull);
    }
    let right = parent.0 > child.0;
    let from = if right { child.0 + WIDTH } else { child.0 };
    let to = if right { parent.0 } else { parent.0 + WIDTH };
    let (y, end) = (child.1 + HEIGHT / 2, parent.1 + HEIGHT / 2);
    if child.0 == parent.0 {
        let out = child.0 + WIDTH + GAP;
        return format!("M{} {y}C{out} {y} {out} {end} {} {end}", child.0 + WIDTH, child.0 + WIDTH);
    }
    format!("M{from} {y}C{to} {y} {from} {end} {to} {end}")
}

/// Which boxes stand beside each other, from above.
fn rows(count: usize, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut layer = vec![0; count];
    let mut near = vec![Vec::new(); count];
    for edge in edges.iter().filter(|e| e.child != e.parent) {
        near[edge.child].push(edge.parent);
        near[edge.parent].push(edge.child);
    }
    // What stands before its parent, since they refer to each other in a circle, does not press it down.
    for child in 0..count {
        let above = near[child]
            .iter()
            .filter(|parent| **parent < child && is_edge(edges, child, **parent));
        layer[child] = above.map(|parent| layer[*parent] + 1).max().unwrap_or(0);
    }
    let depth = layer.iter().max().map_or(0, |deepest| deepest + 1);
    let mut layers = vec![Vec::new(); depth];
    let mut alone = Vec::new();
    for node in 0..count {
        if near[node].is_empty() {
            &mut alone
        } else {
            &mut layers[layer[node]]
        }
        .push(node);
    }
    for sweep in 0..SWEEPS {
        improve(&mut layers, &near, count, sweep % 2 == 1);
    }
    layers.push(alone);
    layers.iter().flat_map(|layer| even(layer)).map(<[usize]>::to_vec).collect()
}

fn is_edge(edges: &[Edge], child: usize, parent: usize) -> bool {
    edges.iter().any(|e| e.child == child && e.parent == parent)
}

/// A layer in rows of nearly the same length.
fn even(layer: &[usize]) -> impl Iterator<Item = &[usize]> {
    let lines = layer.len().div_ceil(ACROSS).max(1);
    layer.chunks(layer.len().div_ceil(lines).max(1))
}

/// Brings each box near the middle of those with which it is joined.
fn improve(layers: &mut [Vec<usize>], near: &[Vec<usize>], count: usize, upwards: bool) {
    let mut place = vec![0.0; count];
    let note = |layer: &[usize], place: &mut Vec<f64>| {
        for (n, node) in layer.iter().enumerate() {
            place[*node] = (n as f64 + 0.5) / layer.len() as f64;
        }
    };
    layers.iter().for_each(|layer| note(layer, &mut place));
    let mut turn: Vec<usize> = (0..layers.len()).collect();
    if upwards {
        turn.reverse();
    }
    for n in turn {
        let middle = |node: usize| near[node].iter().map(|other| place[*other]).sum::<f64>() / near[node].len().max(1) as f64;
        layers[n].sort_by(|a, b| middle(*a).total_cmp(&middle(*b)));
        note(&layers[n], &mut place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(child: usize, parent: usize) -> Edge {
        Edge {
            child,
            parent,
            fate: Fate::Kept,
        }
    }

    #[test]
    fn parents_stand_above_children_and_what_stands_alone_below() {
        assert_eq!(rows(4, &[edge(1, 0), edge(3, 1)]), [vec![0], vec![1], vec![3], vec![2]]);
    }

    #[test]
    fn circles_and_references_to_oneself_are_drawn() {
        assert_eq!(rows(2, &[edge(0, 1), edge(1, 0), edge(0, 0)]).concat(), [0, 1]);
        assert_eq!(rows(0, &[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn no_row_is_wider_than_people_read() {
        let edges: Vec<Edge> = (1..20).map(|child| edge(child, 0)).collect();
        assert!(rows(20, &edges).iter().all(|row| row.len() <= ACROSS));
        assert_eq!(rows(20, &edges).concat().len(), 20);
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("organisation_branch_location_tag", LETTERS).chars().count(), LETTERS);
        assert!(shortened("organisation_branch_location_tag", LETTERS).ends_with("cation_tag"));
    }
}
