//! SQLite's functions may be called from whichever thread uses the connection; the engine lives on one. This holds a value for that
//! thread alone: elsewhere it is out of reach, and is left alone rather than dropped.

use send_wrapper::SendWrapper;

/// A value of the thread that made it.
pub struct OnThread<T>(Option<SendWrapper<T>>);

impl<T> OnThread<T> {
    /// Belongs to the current thread.
    pub fn new(value: T) -> Self {
        OnThread(Some(SendWrapper::new(value)))
    }

    /// On another thread: none.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().filter(|held| held.valid()).map(|held| &**held)
    }
}

impl<T> Drop for OnThread<T> {
    fn drop(&mut self) {
        if let Some(held) = self.0.take().filter(|held| !held.valid()) {
            std::mem::forget(held);
        }
    }
}
