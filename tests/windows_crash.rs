//! Windows: crash.
