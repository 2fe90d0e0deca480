//! What an answer leaves unread of its request is read and thrown away before the answer goes out. Many clients, browsers
//! among them, take no answer before they have sent everything; a connection that is closed on them tells a person that
//! the network failed, and not that the photograph is too large or the session has ended.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::EXPECT;
use tokio::time::timeout;

/// Most that is thrown away of one request, in bytes; who sends more is cut off.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// How long a client may send nothing; it may be one that waits for the answer first.
const PATIENCE: Duration = Duration::from_secs(1);

/// The body of a request, handed back when whoever answers lets go of it.
#[derive(Debug)]
pub(super) struct Lent {
    /// None only while it is dropped.
    body: Option<Incoming>,
    /// Whether the client sends it without having been asked to: one that announces it waits until somebody reads.
    comes: bool,
    back: Arc<Mutex<Option<Incoming>>>,
}

/// Where the body of a request is afterwards.
#[derive(Debug)]
pub(super) struct Unread(Arc<Mutex<Option<Incoming>>>);

/// Lends the body of a request to whoever answers it.
pub(super) fn lend(request: Request<Incoming>) -> (Request<Lent>, Unread) {
    let back = Arc::default();
    let comes = !request.headers().contains_key(EXPECT);
    let unread = Unread(Arc::clone(&back));
    (request.map(|body| Lent { body: Some(body), comes, back }), unread)
}

impl Unread {
    /// Reads what is left, within bounds.
    pub(super) async fn throw_away(self) {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut body) = left else { return };
        let mut thrown_away = 0;
        while thrown_away < MOST_BYTES {
            let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            let Ok(Some(Ok(frame))) = timeout(PATIENCE, next).await else { return };
            thrown_away += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
    }
}

impl Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        this.comes = true;
        this.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Incoming::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.comes {
            *self.back.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
        }
    }
}
