//! One request after another, each on a connection that the runtime's module brings.

use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::client::Unestablished;
use super::deadline::Deadline;
use crate::client::course::Course;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::report::Report;
use crate::client::trace::Trace;
use crate::head::ResponseHead;
use crate::upgraded::Upgraded;

/// How a runtime's module comes to a stream, and asks on it.
pub(crate) trait Ask<F> {
    /// What it comes to.
    type Stream;

    /// Connects to where the course leads now, and does the opening handshake.
    async fn ask(
        &self,
        course: &Course<'_>,
        request: Request<'_>,
        trace: &mut Trace,
        deadline: &mut Deadline<F>,
    ) -> Result<Upgraded<Self::Stream, ResponseHead>, Unestablished>;

    /// The stream keeps how it came about.
    fn keep(stream: &mut Self::Stream, report: Report);
}

/// Client: asks, and goes on asking as long as an answer leads to another question.
pub(crate) async fn connect<F: Future, A: Ask<F>>(
    asks: &A,
    url: &str,
    options: &ClientOptions,
    mut deadline: Deadline<F>,
) -> Result<Upgraded<A::Stream, ResponseHead>, ConnectError> {
    let mut course = Course::new(url, options);
    loop {
        let error = match attempt(asks, &mut course, options, &mut deadline).await {
            Ok(upgraded) => return Ok(upgraded),
            Err(error) => error,
        };
        course.hear_refusal(&error);
        match answer(&mut course, options, error, &mut deadline).await {
            Ok(()) => {}
            Err(error) => course.follow(error)?,
        }
    }
}

/// One request.
async fn attempt<F: Future, A: Ask<F>>(
    asks: &A,
    course: &mut Course<'_>,
    options: &ClientOptions,
    deadline: &mut Deadline<F>,
) -> Result<Upgraded<A::Stream, ResponseHead>, ConnectError> {
    let mut trace = Trace::new();
    let extensions = options.extensions();
    let lines = course.lines();
    trace.report.url = course.shown();
    // What can't be asked is told before anyone is called.
    let done = match course.request(&extensions, &lines) {
        Ok(request) => asks.ask(course, request, &mut trace, deadline).await,
        Err(reason) => Err(reason.into()),
    };
    match done {
        Ok(mut upgraded) => {
            course.hear(&upgraded.head);
            course.complete(&mut trace.report);
            A::keep(&mut upgraded.io, trace.arrived());
            Ok(upgraded)
        }
        Err(Unestablished { reason, interim }) => Err(trace.failed(reason).with_interim(interim)),
    }
}

/// Answers a 401, if there is a hook that does.
async fn answer<F: Future>(
    course: &mut Course<'_>,
    options: &ClientOptions,
    mut error: ConnectError,
    deadline: &mut Deadline<F>,
) -> Result<(), ConnectError> {
    let asked = course.challenge(&error).and_then(|refused| options.unauthorized(course.bare(), refused));
    let Some(asked) = asked else { return Err(error) };
    match deadline.within(asked).await {
        Ok(Some(fields)) => course.answer(&fields).map_err(|reason| {
            error.map_reason(|_| reason);
            error
        }),
        // A hook that takes too long has no answer.
        Ok(None) | Err(_) => Err(error),
    }
}
