//! The kernels of this module instance, and the threads that share its memory.
//!
//! Only the threaded build has threads: each is a worker with an instance of its own over the same
//! memory (www/thread.js). In the other builds `prepareThreads` answers 0, and all runs on the
//! worker that asked.

use std::cell::RefCell;
use std::sync::Arc;

use wasm_bindgen::prelude::*;

use super::convert::set;
use super::host::now_millis;
use crate::engine::kernels::{Helper, Kernels, Pool};

thread_local! {
    static KERNELS: RefCell<Option<Arc<Kernels>>> = const { RefCell::new(None) };
}

/// What models loaded from now on compute with: the fastest instructions, on the threads that were
/// prepared.
pub fn kernels() -> Arc<Kernels> {
    KERNELS.with_borrow_mut(|kernels| Arc::clone(kernels.get_or_insert_with(|| new_kernels(1))))
}

fn new_kernels(n_threads: usize) -> Arc<Kernels> {
    Arc::new(Kernels::fastest(Pool::new(n_threads), now_millis))
}

/// Makes room for `n_threads` threads, the caller's included, before a model is loaded. Returns
/// what each of the others needs, `{module, memory, helper}`: the first two to instantiate this
/// module, the last for `help`. `null` where this build has no threads.
#[wasm_bindgen(js_name = prepareThreads)]
pub fn prepare_threads(n_threads: usize) -> JsValue {
    if !cfg!(target_feature = "atomics") || n_threads < 2 {
        return JsValue::NULL;
    }
    let kernels = new_kernels(n_threads);
    // Helpers run until their worker is ended, so what they look at is never freed.
    let helper = Box::into_raw(Box::new(kernels.pool().helper())) as usize;
    KERNELS.set(Some(kernels));
    let start = js_sys::Object::new();
    set(&start, "module", &wasm_bindgen::module());
    set(&start, "memory", &wasm_bindgen::memory());
    set(&start, "helper", &JsValue::from(helper as u32));
    start.into()
}

/// Works for the thread that prepared `helper`, and never returns while that one lives.
///
/// # Safety
/// `helper` is a number that `prepareThreads` returned in an instance over the same memory.
#[wasm_bindgen]
pub unsafe fn help(helper: usize) {
    if helper != 0 {
        // SAFETY: the caller's; it was never freed.
        unsafe { &*(helper as *const Helper) }.help();
    }
}
