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

/// How long a client may take to begin; it may be one that waits for the answer first.
const UNTIL_IT_BEGINS: Duration = Duration::from_secs(3);

/// How long a client that has begun may send nothing.
const PAUSE: Duration = Duration::from_secs(15);

/// The body of a request, handed back when whoever answers lets go of it.
#[derive(Debug)]
pub(super) struct Lent {
    /// None only while it is dropped.
    body: Option<Incoming>,
    /// Whether the client sends it without having been asked to: one that announces it waits until somebody reads.
    comes: bool,
    has_begun: bool,
    back: Arc<Mutex<Option<Rest>>>,
}

/// What was not read of a body.
#[derive(Debug)]
struct Rest {
    body: Incoming,
    has_begun: bool,
}

/// Where the body of a request is afterwards.
#[derive(Debug)]
pub(super) struct Unread(Arc<Mutex<Option<Rest>>>);

/// Lends the body of a request to whoever answers it.
pub(super) fn lend(request: Request<Incoming>) -> (Request<Lent>, Unread) {
    let back = Arc::default();
    let comes = !request.headers().contains_key(EXPECT);
    let unread = Unread(Arc::clone(&back));
    (request.map(|body| Lent { body: Some(body), comes, has_begun: false, back }), unread)
}

impl Unread {
    /// Reads what is left, within bounds.
    pub(super) async fn throw_away(self) {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Rest { mut body, mut has_begun }) = rest else { return };
        let mut thrown_away = 0;
        while thrown_away < MOST_BYTES {
            let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            let patience = if has_begun { PAUSE } else { UNTIL_IT_BEGINS };
            let Ok(Some(Ok(frame))) = timeout(patience, next).await else { return };
            has_begun = true;
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
        let frame = this.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(context));
        this.has_begun |= frame.is_ready();
        frame
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
            let rest = self.body.take().map(|body| Rest { body, has_begun: self.has_begun });
            *self.back.lock().unwrap_or_else(PoisonError::into_inner) = rest;
        }
    }
}
