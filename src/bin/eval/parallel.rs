//! The same work on many items, on as many threads as the machine has.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::Result;

/// `work` on every item; the results are in the items' order. After a failure the rest is left.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    map_with(items, || Ok(()), |(), item| work(item))
}

/// As [`map`], with something that each thread makes for itself.
pub fn map_with<T: Sync, R: Send, S>(
    items: &[T],
    start: impl Fn() -> Result<S> + Sync,
    work: impl Fn(&S, &T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let take_turns = || {
        let own = start()?;
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return Ok(done) };
            let result = work(&own, item);
            if result.is_err() {
                next.store(items.len(), Ordering::Relaxed);
            }
            done.push((index, result?));
        }
    };
    let results: Result<Vec<Vec<(usize, R)>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(take_turns)).collect();
        let results = threads.into_iter().map(|thread| thread.join());
        results.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut done: Vec<(usize, R)> = results?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    #[test]
    fn results_keep_the_order_and_a_failure_comes_out() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = map(&items, |item| Ok(2 * item));
        assert_eq!(doubled, Ok((0..100).map(|item| 2 * item).collect()));
        let failure = Failure("seven".to_owned());
        let failing = map(&items, |item| if *item == 7 { Err(failure.clone()) } else { Ok(()) });
        assert_eq!(failing, Err(failure));
    }
}
