//! The future of a response: the service's own, a decision, or an answer that is there.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;

use crate::hyper::close;

pin_project! {
    /// The response of an [`UpgradeService`](super::UpgradeService).
    pub struct UpgradeFuture<F, R, E> {
        #[pin]
        state: State<F, R, E>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F, R, E> {
        On { #[pin] response: F, closes: bool },
        Deciding { response: Deciding<R, E> },
        Answered { response: Ready<Response<R>> },
    }
}

type Deciding<R, E> = Pin<Box<dyn Future<Output = Result<Response<R>, E>> + Send>>;

impl<F, R, E> UpgradeFuture<F, R, E> {
    /// The service's own; `closes` if the request asked for the connection.
    pub(super) fn on(response: F, closes: bool) -> Self {
        Self { state: State::On { response, closes } }
    }

    /// What comes of a decision.
    pub(super) fn decide(response: impl Future<Output = Result<Response<R>, E>> + Send + 'static) -> Self {
        Self { state: State::Deciding { response: Box::pin(response) } }
    }

    /// An answer that is there.
    pub(super) fn answer(response: Response<Bytes>) -> Self
    where
        R: From<Bytes>,
    {
        Self { state: State::Answered { response: ready(response.map(R::from)) } }
    }
}

impl<F: Future<Output = Result<Response<R>, E>>, R, E> Future for UpgradeFuture<F, R, E> {
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projected::On { response, closes } => {
                let polled = response.poll(context);
                polled.map_ok(|mut response| {
                    if *closes {
                        close(&mut response);
                    }
                    response
                })
            }
            Projected::Deciding { response } => response.as_mut().poll(context),
            Projected::Answered { response } => Pin::new(response).poll(context).map(Ok),
        }
    }
}

impl<F, R, E> fmt::Debug for UpgradeFuture<F, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::On { .. } => "On",
            State::Deciding { .. } => "Deciding",
            State::Answered { .. } => "Answered",
        };
        f.debug_tuple("UpgradeFuture").field(&format_args!("{state}")).finish()
    }
}
