//! A panic in one request's work is that request's error, and nobody else's.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nearside::{Error, Result};

/// Turns a panic in a request's work into an error of that request.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        Err(Error::ComputeFailed(format!("it panicked: {}", panic_message(payload.as_ref()))))
    })
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_of_its_request() {
        let failed = guarded::<()>(|| panic!("row {} is gone", 3));
        assert_eq!(failed, Err(Error::ComputeFailed("it panicked: row 3 is gone".into())));
        assert_eq!(guarded(|| Ok(1)), Ok(1));
    }
}
