//! Who works on a turn at the moment, and what comes of it next, whichever comes first.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::device::{Did, Pen, Work};
use super::edge_call::Running;
use super::models::DeviceModel;
use super::reader::{Reader, Said};
use crate::Result;

/// What came next.
pub(super) enum Happened<'d, D: DeviceModel> {
    /// The device has done something, or failed.
    Device(Result<(Pen<'d, D>, Did)>),
    /// The edge has said all, or failed.
    EdgeEnded(Result<()>),
    /// The edge has read what the device has written; `None`: it does not offer that.
    Read(Result<Option<Said>>),
    /// An edge that was away is awaited no longer: it is back, or answers all the same.
    WatchEnded,
}

/// The watch for an edge that is away.
pub(super) type Watch<'w> = Pin<Box<dyn Future<Output = ()> + 'w>>;

pub(super) struct Contenders<'r, 'c, 'd, D: DeviceModel> {
    pub device: Option<Work<'d, D>>,
    pub edge: Option<&'r mut Running<'c>>,
    pub watch: Option<Watch<'d>>,
    pub reader: Option<Reader<'d>>,
}

impl<'d, D: DeviceModel> Contenders<'_, '_, 'd, D> {
    /// The next thing that happens. The edge comes before the device, whose steps hold the thread; but
    /// a device that has `just_stepped` first lets go of it.
    pub async fn next(&mut self, just_stepped: bool) -> Happened<'d, D> {
        let mut lets_go = just_stepped && self.device.is_some();
        poll_fn(|context| {
            if !std::mem::take(&mut lets_go)
                && let Some(happened) = self.poll_others(context)
            {
                return Poll::Ready(happened);
            }
            let Some(work) = &mut self.device else { return Poll::Pending };
            match work.as_mut().poll(context) {
                Poll::Ready(did) => {
                    self.device = None;
                    Poll::Ready(Happened::Device(did))
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    fn poll_others(&mut self, context: &mut Context<'_>) -> Option<Happened<'d, D>> {
        if let Some(edge) = &mut self.edge {
            edge.poll(context);
            if let Some(outcome) = edge.take_outcome() {
                return Some(Happened::EdgeEnded(outcome));
            }
        }
        if let Some(reader) = &mut self.reader
            && let Poll::Ready(read) = reader.future.as_mut().poll(context)
        {
            return Some(Happened::Read(read));
        }
        let ended =
            self.watch.as_mut().is_some_and(|watch| watch.as_mut().poll(context).is_ready());
        ended.then(|| {
            self.watch = None;
            Happened::WatchEnded
        })
    }
}
