//! The task of a connection: it waits for the upgrade, and then runs the application's callback.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::stream::Stream;
use super::upgrading::Upgrading;
use crate::upgraded::Upgraded;

/// Calls the callback with the connection, in a task of its own.
pub(crate) fn spawn<C, F>(upgrading: Upgrading, callback: C)
where
    C: FnOnce(Upgraded<Stream>) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    ::tokio::spawn(Task::Waiting { upgrading, callback: Some(callback) });
}

pin_project! {
    /// As an async block this would be twice as large, and a runtime moves it several times.
    #[project = Projected]
    enum Task<C, F> {
        Waiting { #[pin] upgrading: Upgrading, callback: Option<C> },
        Called { #[pin] future: F },
    }
}

impl<C, F> Future for Task<C, F>
where
    C: FnOnce(Upgraded<Stream>) -> F,
    F: Future<Output = ()>,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let future = match self.as_mut().project() {
                Projected::Called { future } => return future.poll(context),
                // A lost connection has had its event already.
                Projected::Waiting { upgrading, callback } => {
                    match (ready!(upgrading.poll(context)), callback.take()) {
                        (Ok(upgraded), Some(callback)) => callback(upgraded),
                        _ => return Poll::Ready(()),
                    }
                }
            };
            self.set(Self::Called { future });
        }
    }
}
