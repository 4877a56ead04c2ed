//! Windows: files.
