//! A clock that only moves when something takes time, and the executor that moves it.
//!
//! Two things may be under way at once, a device that computes and an edge that sends. Computing
//! moves the clock itself; who waits says until when, and once all wait, the clock jumps to the
//! first of these times. So a run is the same each time, and takes no time.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Time since an arbitrary origin.
#[derive(Debug, Default)]
pub struct VirtualClock {
    now: Cell<Duration>,
    /// Until when the futures wait that were polled last.
    awaited: RefCell<Vec<Duration>>,
}

impl VirtualClock {
    pub fn starting_at(now: Duration) -> VirtualClock {
        VirtualClock { now: Cell::new(now), ..VirtualClock::default() }
    }

    pub fn now(&self) -> Duration {
        self.now.get()
    }

    /// Something was computed; meanwhile nobody else got a turn.
    pub fn pass(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    /// Waits; meanwhile others go on.
    pub async fn until(&self, at: Duration) {
        poll_fn(|_| self.poll_until(at)).await;
    }

    /// Lets others go on, if they can at once.
    pub async fn yield_now(&self) {
        let mut yielded = false;
        poll_fn(|_| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            self.awaited.borrow_mut().push(self.now());
            Poll::Pending
        })
        .await;
    }

    /// Runs a future to its end, which waits for this clock alone.
    ///
    /// # Panics
    /// When it waits for anything else.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            let first = self.awaited.borrow_mut().drain(..).min();
            let first = first.expect("whoever waits on a virtual clock says until when");
            self.now.set(self.now().max(first));
        }
    }

    fn poll_until(&self, at: Duration) -> Poll<()> {
        if self.now() >= at {
            return Poll::Ready(());
        }
        self.awaited.borrow_mut().push(at);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_clock_jumps_to_the_first_that_is_awaited() {
        let clock = VirtualClock::starting_at(SECOND);
        let order = RefCell::new(Vec::new());
        let wait = async |name: &'static str, n_seconds: u32| {
            clock.until(n_seconds * SECOND).await;
            order.borrow_mut().push((name, clock.now()));
        };
        clock.run(async {
            let (mut late, mut soon) = (pin!(wait("late", 5)), pin!(wait("soon", 3)));
            let mut ended = [false; 2];
            poll_fn(|context| {
                ended[0] = ended[0] || late.as_mut().poll(context).is_ready();
                ended[1] = ended[1] || soon.as_mut().poll(context).is_ready();
                if ended == [true; 2] { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        assert_eq!(order.into_inner(), [("soon", 3 * SECOND), ("late", 5 * SECOND)]);
    }

    #[test]
    fn what_is_due_already_takes_no_time() {
        let clock = VirtualClock::default();
        clock.run(async {
            clock.pass(2 * SECOND);
            clock.until(SECOND).await;
            clock.yield_now().await;
        });
        assert_eq!(clock.now(), 2 * SECOND);
    }
}
