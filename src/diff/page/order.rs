//! In which order tables are dropped, made and filled.

use super::summary::counted;
use super::view::View;
use crate::diff::report::Order;
use maud::{Markup, html};

/// The section; nothing if no table comes, goes or stands in a circle.
pub fn section(order: &Order, view: &View<'_>) -> Markup {
    if order.drop.is_empty() && order.create.is_empty() && order.circles.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="order" {
            h2 #order { "The order, by what refers to what" }
            div class="card" {
                (list("Drop", "children first", &order.drop, true, view))
                (list("Create", "parents first", &order.create, false, view))
                (list("Fill", "parents first", &order.fill, false, view))
                @for circle in &order.circles {
                    p { "These refer to each other in a circle; they are filled together and checked at the end: "
                        @for (n, name) in circle.iter().enumerate() { @if n > 0 { ", " } (view.link(false, name, name)) } "." }
                }
            }
        }
    }
}

fn list(word: &str, how: &str, names: &[String], is_old: bool, view: &View<'_>) -> Markup {
    html! {
        @if !names.is_empty() {
            details open[names.len() <= 30] {
                summary { b { (word) } " " (counted(names.len(), "table", "tables")) ", " (how) }
                ol class="places" { @for name in names { li { (view.link(is_old, name, name)) } } }
            }
        }
    }
}
