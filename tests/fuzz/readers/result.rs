//! Result files that sticks bring home: each is a run of a site, or is named as one that cannot be read; and whatever it says, the page, the
//! table and the JSON of all sites can be made of it.

use super::folder;
use holdfast::results;
use std::fs;

pub fn read(bytes: &[u8]) {
    let stick = folder().join("stick");
    let run = stick.join("SHOP-1234");
    fs::create_dir_all(&run).expect("a folder");
    fs::write(run.join("result.json"), bytes).expect("written");
    let found = results::find(std::slice::from_ref(&stick));
    assert_eq!(found.runs.len() + found.unreadable.len(), 1);
    for unreadable in &found.unreadable {
        assert!(unreadable.why.len() > 10, "{unreadable:?}");
    }
    let sites = results::sites(&found);
    assert_eq!(sites.len(), found.runs.len());
    serde_json::to_string(&sites).expect("JSON");
    let page = results::page(&found, &sites);
    if let Some(run) = found.runs.first() {
        unharmed(&page, run);
    }
    table(&results::csv(&sites).expect("a table"), sites.len());
}

/// What a site says is text on the page, never a part of the page.
fn unharmed(page: &str, run: &results::Happened) {
    for text in [&run.message, &run.computer, &run.target, &run.product] {
        if text.contains('<') && text.len() > 3 {
            assert!(!page.contains(text.as_str()), "{text:?} stands on the page as it is");
        }
    }
}

/// Each line has every column, and none is a formula.
fn table(bytes: &[u8], sites: usize) {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).expect("the mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    let columns = reader.headers().expect("a first line").len();
    let mut lines = 0;
    for line in reader.records() {
        let line = line.expect("a line");
        assert_eq!(line.len(), columns);
        assert!(line.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{line:?}");
        lines += 1;
    }
    assert_eq!(lines, sites);
}
