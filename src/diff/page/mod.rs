//! A report as one page that people like to read: what must be decided first, a picture, every table that changes, and the reasons.
//!
//! It shows what the report says and decides nothing itself. The same report gives the same bytes.

mod cards;
mod inference;
mod layers;
mod mark;
mod order;
mod picture;
mod sides;
mod summary;
mod view;

use super::report::Report;
use crate::page::{page as frame, tools};
use maud::html;
use view::View;

/// The whole page. `number` is how many differences there are, of which the report may hold the gravest alone.
pub fn page(report: &Report, number: usize) -> String {
    let view = View::of(report);
    let title = format!("What differs: {} → {}", report.old.name, report.new.name);
    let body = html! {
        header { (summary::header(report, number)) }
        main {
            (summary::figures(&view))
            @if report.findings.is_empty() {
                p { (summary::nothing(report, number)) }
            } @else {
                (summary::first(&view))
                (picture::section(&view))
                section aria-labelledby="tables" {
                    h2 #tables { "Table by table" }
                    (tools("Search tables, columns, words", &[("blocks", "blocks"), ("look", "look"), ("safe", "safe")]))
                    (cards::cards(&view))
                }
                (summary::alike(&view))
            }
            @if let Some(inference) = &report.inference { (inference::section(inference, &view)) }
            (order::section(&report.order, &view))
            (cards::unchanged(&view))
        }
    };
    frame(&title, &body)
}
