//! Requests that are answered before their body was read to its end, such as refused ones. The HTTP library
//! closes the connection then, since the next request would come after the rest; the asker has to be told, or
//! sends that request on a connection that is about to end, and gets no answer.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::header::{CONNECTION, HeaderValue},
    response::Response,
};
use http_body::{Frame, SizeHint};

/// A body as short as this mostly comes with its request: the HTTP library reads it off by itself.
const SHORT_BYTES: u64 = 4_096;

/// Whether a body was read to its end; `None`: it is short, and not looked at.
pub(super) struct Read(Option<Arc<AtomicBool>>);

impl Read {
    /// Begins to look at a request's body.
    pub(super) fn of(request: Request) -> (Request, Self) {
        let size = request.body().size_hint().upper();
        if size.is_some_and(|bytes| bytes <= SHORT_BYTES) {
            return (request, Self(None));
        }
        let ended = Arc::new(AtomicBool::new(false));
        let read = Self(Some(Arc::clone(&ended)));
        let request = request.map(|inner| Body::new(Watched { inner, ended }));
        (request, read)
    }

    /// Has the answer say that the connection ends where the body was not read to its end.
    pub(super) fn tell(self, response: &mut Response) {
        if self.0.is_some_and(|ended| !ended.load(Ordering::Acquire)) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
    }
}

struct Watched {
    inner: Body,
    ended: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if frame.is_none() || self.inner.is_end_stream() {
            self.ended.store(true, Ordering::Release);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
