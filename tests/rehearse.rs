//! `holdfast rehearse`: a payload tried on copies of real sites exactly as the updater will run, and the certificate that says so.

#[path = "rehearse/hash.rs"]
mod hash;
mod support;
