//! `holdfast verify`: the oracle for a release manager. A whole pair of either version is named; whatever is mixed, changed, damaged or
//! unfinished has a failing code and is named, too. Nothing at the site changes, whatever is found.

#[path = "verify/databases.rs"]
mod databases;
#[path = "verify/left.rs"]
mod left;
#[path = "verify/pairs.rs"]
mod pairs;
#[path = "verify/site.rs"]
mod site;
mod support;
