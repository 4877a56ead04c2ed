//! Prefixes that tests use one after another. Two programs of one prefix that come and go at a time may bring its server down, and a prefix
//! takes seconds to make.

use super::Wine;
use std::sync::{Arc, Mutex, PoisonError, Weak};

type Pool = Mutex<Vec<Wine>>;

/// A prefix that nobody else uses until this value goes.
pub struct Lent {
    wine: Option<Wine>,
    pool: Arc<Pool>,
}

impl Lent {
    /// One that another test of this file is through with, or a new one.
    pub fn new() -> Lent {
        Lent::or_made(Wine::in_memory)
    }

    /// The same, if all prefixes of this file are made so. No two tests of a file may use the same folder.
    pub fn or_made(make: impl FnOnce() -> Wine) -> Lent {
        static POOL: Mutex<Weak<Pool>> = Mutex::new(Weak::new());
        let mut shared = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = shared.upgrade().unwrap_or_default();
        *shared = Arc::downgrade(&pool);
        drop(shared);
        let free = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Lent {
            wine: Some(free.unwrap_or_else(make)),
            pool,
        }
    }

    /// One for this test alone, which goes with it.
    pub fn alone() -> Lent {
        Lent {
            wine: Some(Wine::new()),
            pool: Arc::default(),
        }
    }
}

impl std::ops::Deref for Lent {
    type Target = Wine;
    fn deref(&self) -> &Wine {
        self.wine.as_ref().expect("it is taken out at the end alone")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // One whose server is lost is of no use to the next test.
        let wine = self.wine.take().filter(Wine::is_up);
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).extend(wine);
    }
}
