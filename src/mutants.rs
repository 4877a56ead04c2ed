//! Planted mistakes that the crash matrix must catch, switched on by `HOLDFAST_MUTANT`. Without the feature `mutants`, which never
//! ships, every question is answered with a constant no.

/// Whether the named mistake is to be made.
#[cfg(feature = "mutants")]
pub fn planted(name: &str) -> bool {
    std::env::var("HOLDFAST_MUTANT").is_ok_and(|planted| planted == name)
}

/// Whether the named mistake is to be made: never in this build.
#[cfg(not(feature = "mutants"))]
pub const fn planted(_: &str) -> bool {
    false
}
