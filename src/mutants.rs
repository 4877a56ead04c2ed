//! Planted mistakes that the sweeps must catch, switched on by `HOLDFAST_MUTANT` or [`plant`]. Without the feature `mutants`, which never
//! ships, every question is answered with a constant no.
#![cfg_attr(
    windows,
    allow(clippy::missing_const_for_thread_local, reason = "it is const, which the lint does not see there")
)]

/// Every mistake, and what is done wrong.
#[cfg(feature = "mutants")]
pub const ALL: [(&str, &str); 14] = [
    ("stage-unflushed", "the staged files are not flushed before they go live"),
    ("journal-unflushed", "the journal's records are not flushed"),
    ("journal-entry-unflushed", "the folder of a new journal is not flushed"),
    ("swap-unflushed", "the folders between which units move are not flushed"),
    (
        "barrier-unrecorded",
        "a barrier is a flush of folders alone, without a record in a file",
    ),
    ("armed-unrecorded", "units move before the journal says what they are"),
    ("recovery-forgets", "recovery does not put back what is not in its place"),
    ("recovery-entries-first", "recovery puts the entries back before the rest"),
    ("database-in-place", "the live database is written over instead of renamed"),
    (
        "rename-errors-ignored",
        "a rename that fails while the new pair is placed is taken for done",
    ),
    ("backup-removed-early", "the old pair is removed before the commit"),
    ("entries-first", "the new entries are placed before the rest"),
    ("commit-unrecorded", "the old pair is put away without a record of the commit"),
    (
        "spare-outlives-journal",
        "the journal goes before what else belongs to the run is gone for good",
    ),
];

#[cfg(feature = "mutants")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) };
}

/// Plants a mistake, or none, in what this thread does from now on.
#[cfg(feature = "mutants")]
pub fn plant(name: Option<&'static str>) {
    PLANTED.set(name);
}

/// Whether the named mistake is to be made.
#[cfg(feature = "mutants")]
pub fn planted(name: &str) -> bool {
    debug_assert!(ALL.iter().any(|(known, _)| *known == name), "“{name}” is not in the list");
    PLANTED.get() == Some(name) || std::env::var("HOLDFAST_MUTANT").is_ok_and(|planted| planted == name)
}

/// Whether the named mistake is to be made: never in this build.
#[cfg(not(feature = "mutants"))]
pub const fn planted(_: &str) -> bool {
    false
}
