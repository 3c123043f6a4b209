//! Collects the events of a call.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, callsite, subscriber};

thread_local! {
    /// The events of the current call on this thread.
    static EVENTS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Keeps the text of every event. The process has one collector: `tracing` may remember the answer that a callsite got
/// on the thread of another test, which has no subscriber.
struct Collector;

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        // Events of other crates, such as the runtime or TLS, do not count.
        if event.metadata().target().starts_with("websocket_upgrade") {
            let mut text = Text(String::new());
            event.record(&mut text);
            EVENTS.with_borrow_mut(|events| events.iter_mut().for_each(|events| events.push(text.0.clone())));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").expect("text");
    }
}

/// Returns the events of a call, and its result.
pub(crate) fn events<T>(call: impl FnOnce() -> T) -> (Vec<String>, T) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        subscriber::set_global_default(Collector).expect("the only one");
        // Another thread may have just reached a callsite.
        callsite::rebuild_interest_cache();
    });
    EVENTS.set(Some(Vec::new()));
    let value = call();
    (EVENTS.take().unwrap_or_default(), value)
}
