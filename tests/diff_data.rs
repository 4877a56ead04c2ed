//! `holdfast diff` with a live old database: each difference is weighed on its rows, with exact numbers, and some of the rows.

#[path = "diff_data/bad.rs"]
mod bad;
#[path = "diff_data/columns.rs"]
mod columns;
#[path = "diff_data/property.rs"]
mod property;
#[path = "diff_data/sets.rs"]
mod sets;
mod support;
#[path = "diff_data/weighed.rs"]
mod weighed;
