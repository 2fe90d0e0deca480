//! Bounds on clients that connect and then do nothing, or little. Otherwise they could use up the open files of the
//! process, which Kafka's connections need, and shut out the probes: an orchestrator would then restart an engine that
//! is well.
//!
//! There is room for so many connections, and a reserve for probes alone. Each part of an exchange has a
//! deadline that no single byte moves on: the request's head, the answer, and the client's taking of it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Method;
use hyper::Request;
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// How many connections there may be, and how long each part of an exchange may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at once; while there are so many, further ones are only for probes.
    pub connections: usize,
    /// Most of these further ones; the next wait to be accepted.
    pub reserve: usize,
    /// How long the head of a request may take: from the connection, or from the answer before, to its last header. So
    /// long a connection may be idle, too.
    pub head: Duration,
    /// The same within the reserve, where each connection is for one request.
    pub head_in_reserve: Duration,
    /// How long an answer may take, and with it the rest of the request.
    pub answer: Duration,
    /// How long the client may take to receive it.
    pub taking: Duration,
    /// Requests that bring a file may take longer.
    pub uploads: Option<Uploads>,
}

/// Requests that bring a file, over a slow line perhaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uploads {
    /// What their paths end with.
    pub path_end: &'static str,
    /// How long the answer may take, and with it the file.
    pub answer: Duration,
}

impl Limits {
    /// How long the answer to a request may take.
    pub(super) fn answer_to(&self, request: &Request<Incoming>) -> Duration {
        let is_upload =
            |uploads: &Uploads| request.method() == Method::POST && request.uri().path().ends_with(uploads.path_end);
        self.uploads.filter(is_upload).map_or(self.answer, |uploads| uploads.answer)
    }
}

impl Default for Limits {
    /// For clients on good and on bad networks: heads are one packet, answers take the engine at most 5 seconds, and
    /// `/metrics` is some 100 kB.
    fn default() -> Self {
        Self {
            connections: 128,
            reserve: 32,
            head: Duration::from_secs(5),
            head_in_reserve: Duration::from_secs(1),
            answer: Duration::from_secs(10),
            taking: Duration::from_secs(20),
            uploads: None,
        }
    }
}

/// How many connections there is room for.
#[derive(Debug, Clone)]
pub(super) struct ConnectionSlots {
    usual: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
}

/// Room for one connection; it is free again when it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    /// Whether it is for probes alone.
    pub for_probes: bool,
    _permit: OwnedSemaphorePermit,
}

impl ConnectionSlots {
    pub(super) fn new(limits: &Limits) -> Self {
        let slots = |count| Arc::new(Semaphore::new(count));
        Self { usual: slots(limits.connections), reserve: slots(limits.reserve) }
    }

    /// Waits until there is room; within the reserve only while there is none elsewhere.
    pub(super) async fn acquire(&self) -> ConnectionSlot {
        let slot = |for_probes, permit: Result<_, _>| ConnectionSlot {
            for_probes,
            _permit: permit.expect("invariant: the semaphores are never closed"),
        };
        tokio::select! {
            biased;
            permit = Arc::clone(&self.usual).acquire_owned() => slot(false, permit),
            permit = Arc::clone(&self.reserve).acquire_owned() => slot(true, permit),
        }
    }
}

/// A connection that ends when what is sent on it is not taken in time.
#[derive(Debug)]
pub(super) struct Connection<S> {
    stream: S,
    taking: Duration,
    /// When the answer under way must have been taken.
    end: Pin<Box<Sleep>>,
    is_sending: bool,
}

impl<S> Connection<S> {
    pub(super) fn new(stream: S, taking: Duration) -> Self {
        Self { stream, taking, end: Box::pin(sleep(taking)), is_sending: false }
    }

    /// What came of sending; a client that has not taken the answer in time is left.
    fn unless_too_late<T>(&mut self, outcome: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if outcome.is_pending() && self.is_sending && self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.is_sending {
            this.is_sending = true;
            this.end.as_mut().reset(Instant::now() + this.taking);
        }
        let outcome = Pin::new(&mut this.stream).poll_write(context, from);
        this.unless_too_late(outcome, context)
    }

    /// Comes when everything has been written; TLS may still hold some of it.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_flush(context);
        if outcome.is_ready() {
            this.is_sending = false;
            return outcome;
        }
        this.unless_too_late(outcome, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
