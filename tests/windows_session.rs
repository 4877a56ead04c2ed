//! Windows: session.
