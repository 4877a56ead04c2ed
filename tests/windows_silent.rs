//! Windows: silent.
