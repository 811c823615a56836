//! `POST /v1/nearside/kv`: the device's model reads a prompt here, and its keys and values go out
//! as a file (docs/protocol.md) that the device goes on from.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nearside::Error;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use crate::body::{body_error, require_json};
use crate::failure::ApiError;
use crate::gateway::{Gateway, SERVER_TIMING};
use crate::handoff::KvRequest;
use crate::job::{Job, Refusal, TransferEvent, Work};

/// A receiver that takes nothing for this long is taken for gone.
const STALLED_AFTER: Duration = Duration::from_secs(30);

pub async fn kv(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let handoff = gateway.handoff.as_ref().ok_or_else(ApiError::kv_unavailable)?;
    require_json(&headers)?;
    let body = body.map_err(body_error)?;
    gateway.line.check_open()?;
    let request: KvRequest =
        serde_json::from_slice(&body).map_err(|error| ApiError::invalid(error.to_string()))?;
    let request = handoff.check(request)?;
    let place = handoff.place().ok_or_else(|| Refusal::full(gateway.line.outlook().queue_s))?;
    let (events, mut received) = mpsc::unbounded_channel();
    let work = Work::Transfer { request, events };
    gateway.line.offer(Job { work, offered: Instant::now() })?;
    match received.recv().await {
        Some(TransferEvent::Begun { n_bytes, n_cached, queued, prefill }) => {
            let octets = (header::CONTENT_TYPE, "application/octet-stream".to_owned());
            let timing = format!(
                "queue;dur={:.1}, prefill;dur={:.1}, cached;desc={n_cached}",
                1000.0 * queued.as_secs_f64(),
                1000.0 * prefill.as_secs_f64()
            );
            let headers = [
                octets,
                (header::CONTENT_LENGTH, n_bytes.to_string()),
                (header::CACHE_CONTROL, "no-store".to_owned()),
                (SERVER_TIMING, timing),
            ];
            let body = Body::from_stream(sections(received, place));
            Ok((StatusCode::OK, gateway.hint_headers(), headers, body).into_response())
        }
        Some(TransferEvent::Failed(failure)) => Err(failure.into()),
        _ => Err(Error::ComputeFailed("the compute thread is gone".into()).into()),
    }
}

/// The body. It ends early where a transfer fails, which its length tells.
fn sections(
    received: mpsc::UnboundedReceiver<TransferEvent>,
    place: OwnedSemaphorePermit,
) -> ReceiverStream<io::Result<Bytes>> {
    let (body, pieces) = mpsc::channel(1);
    tokio::spawn(forward(received, body, place));
    ReceiverStream::new(pieces)
}

/// Passes sections on until the last, or until nobody takes them; either way ends what is left of
/// the computation by dropping its channel.
async fn forward(
    mut received: mpsc::UnboundedReceiver<TransferEvent>,
    body: mpsc::Sender<io::Result<Bytes>>,
    _place: OwnedSemaphorePermit,
) {
    loop {
        let event = tokio::select! {
            event = received.recv() => event,
            () = body.closed() => return,
        };
        let piece = match event {
            Some(TransferEvent::Section(section)) => Ok(Bytes::from(section)),
            Some(TransferEvent::Begun { .. }) => continue,
            Some(TransferEvent::Failed(_)) => Err(io::Error::other("the transfer failed")),
            None => return,
        };
        let sent = tokio::time::timeout(STALLED_AFTER, body.send(piece)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;
    use tokio_stream::StreamExt;

    use super::*;

    type Events = mpsc::UnboundedSender<TransferEvent>;

    /// A transfer's only place, where its sections come from, and its body, with sections of 8 bytes
    /// on their way.
    fn transfer(n_sections: usize) -> (Arc<Semaphore>, Events, ReceiverStream<io::Result<Bytes>>) {
        let places = Arc::new(Semaphore::new(1));
        let (events, received) = mpsc::unbounded_channel();
        let body = sections(received, Arc::clone(&places).try_acquire_owned().unwrap());
        (0..n_sections).for_each(|_| drop(events.send(TransferEvent::Section(vec![1; 8]))));
        (places, events, body)
    }

    #[tokio::test(start_paused = true)]
    async fn a_receiver_that_stalls_loses_its_place_and_ends_the_computation() {
        let (places, events, mut body) = transfer(4);
        assert!(body.next().await.is_some_and(|piece| piece.is_ok()));
        let stalled = tokio::time::Instant::now();
        let place = Arc::clone(&places).acquire_owned().await;
        assert!(place.is_ok());
        assert_eq!(stalled.elapsed().as_secs(), STALLED_AFTER.as_secs());
        assert!(events.is_closed(), "the compute thread sees that nobody waits");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_receiver_gets_all() {
        let (_places, events, mut body) = transfer(6);
        drop(events);
        let mut n_received = 0;
        while let Some(piece) = body.next().await {
            n_received += piece.unwrap().len();
            tokio::time::sleep(STALLED_AFTER - Duration::from_secs(1)).await;
        }
        assert_eq!(n_received, 48);
    }
}
