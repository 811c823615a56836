//! The threads that share a product.

use std::{ops::Range, sync::Mutex};

/// One thread: the caller's.
#[derive(Default)]
pub struct Pool {
    scratch: Mutex<Vec<u8>>,
}

impl Pool {
    pub fn run(&self, n_items: usize, work: &(dyn Fn(Range<usize>, &mut Vec<u8>) + Sync)) {
        match self.scratch.try_lock() {
            Ok(mut scratch) => work(0..n_items, &mut scratch),
            // Another dialogue is computing: what is left is this thread and memory of its own.
            Err(_) => work(0..n_items, &mut Vec::new()),
        }
    }
}
