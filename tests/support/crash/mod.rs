//! Crash states: what a program did to a folder, recorded from outside; the states in which a power cut may leave that folder; and the judge
//! of what is made of them. Whether the recovery is played in memory or by the real program is the matter of the test.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod counted;
mod explore;
mod harmless;
mod judge;
mod scene;
mod strace;
mod trace;
#[cfg(feature = "wine")]
mod wine_trace;

pub use counted::{counted, is_comparable};
pub use explore::{Explored, Explorer, NOW};
pub use judge::{Judge, Pair, files, number};
pub use scene::{Scene, shipped};
pub use strace::Call;
pub use trace::{Trace, record};
#[cfg(feature = "wine")]
pub use wine_trace::record_under_wine;
