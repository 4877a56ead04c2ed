//! What is lent to the engine while a step runs: the connection and whoever watches. The engine's closures outlive every borrow, so they
//! hold a place in which the loan lies for as long as the step runs, and not a moment longer.
#![allow(unsafe_code, reason = "a borrow is kept as a pointer for as long as it lasts; see the comments")]

use crate::report::Reporter;
use rquickjs::Context;
use rusqlite::Connection;
use std::cell::Cell;

/// The loan. It must stay covariant: a longer loan is used as a shorter one.
pub struct Loan<'a> {
    /// In the conductor's transaction.
    pub connection: &'a Connection,
    /// For progress, log and the cancel button.
    pub reporter: &'a dyn Reporter,
    /// The step's realm.
    pub realm: &'a Context,
    /// Whether a transaction was open when the step began.
    pub in_transaction: bool,
}

/// The place in which it lies.
#[derive(Default)]
pub struct Lent(Cell<Option<*const Loan<'static>>>);

impl Lent {
    /// Lends while `run` runs, also when it panics.
    pub fn during<R>(&self, loan: &Loan<'_>, run: impl FnOnce() -> R) -> R {
        struct Back<'l>(&'l Lent, Option<*const Loan<'static>>);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.0.set(self.1);
            }
        }
        let pointer = std::ptr::from_ref(loan).cast::<Loan<'static>>();
        let _back = Back(self, self.0.replace(Some(pointer)));
        run()
    }

    /// Uses the loan, if there is one. `run` must be content with any lifetime, so it cannot keep what it gets.
    pub fn with<R>(&self, run: impl for<'x> FnOnce(&'x Loan<'x>) -> R) -> Option<R> {
        // SAFETY: the pointer is there only while `during` holds the borrow from which it was made.
        self.0.get().map(|pointer| run(unsafe { &*pointer }))
    }
}
