//! A stream that is awaited across polls.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use quinn::ConnectionError;

/// The next stream. The future must live until it is there, since that is what wakes the task.
pub(super) struct Waiting<T>(Option<Awaited<T>>);

type Awaited<T> = Pin<Box<dyn Future<Output = Result<T, ConnectionError>> + Send + Sync>>;

impl<T> Waiting<T> {
    pub(super) fn poll<F>(
        &mut self,
        begin: impl FnOnce() -> F,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, ConnectionError>>
    where
        F: Future<Output = Result<T, ConnectionError>> + Send + Sync + 'static,
    {
        let future = self.0.get_or_insert_with(|| Box::pin(begin()));
        let result = ready!(future.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(result)
    }
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> fmt::Debug for Waiting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}
