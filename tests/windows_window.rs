//! Windows: window.
