//! Pairs of schemas from the test suites of other tools: a draft that is told the renames reaches the desired schema with the right rows, as a
//! reshape and as statements in place, when all that it asks is answered: what the desired schema does not have goes.

#[path = "draft/cases.rs"]
mod cases;
#[path = "support/cases.rs"]
mod schema_cases;

use cases::{judge_in_place, judge_reshape};
use schema_cases::{Case, all};

fn wrong(judge: impl Fn(&Case) -> Result<(), String>) -> Vec<String> {
    let cases = all();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| judge(case).err().map(|why| format!("{}: {why}", case.id)))
        .collect();
    println!("{} cases, {} wrong", cases.len(), wrong.len());
    wrong
}

#[test]
fn a_drafted_reshape_reaches_every_case() {
    let wrong = wrong(judge_reshape);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn drafted_statements_reach_every_case() {
    let wrong = wrong(judge_in_place);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
