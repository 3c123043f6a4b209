//! Causes of failures: IO errors that say what happened in this library's words, and how errors show their causes.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;

use crate::text::part::Part;

/// What an IO error of this library contains: a text in plain words, and the cause, which the text does not repeat.
#[derive(Debug)]
pub struct Explained {
    text: Cow<'static, str>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Explained {
    /// Makes an IO error without a further cause.
    #[cfg(any(dials, feature = "rustls"))]
    pub fn error(kind: io::ErrorKind, text: impl Into<Cow<'static, str>>) -> io::Error {
        io::Error::new(kind, Self { text: text.into(), cause: None })
    }

    /// Makes an IO error of another error.
    #[cfg(any(dials, feature = "rustls"))]
    pub fn of_cause(
        kind: io::ErrorKind,
        text: impl Into<Cow<'static, str>>,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> io::Error {
        io::Error::new(kind, Self { text: text.into(), cause: Some(cause.into()) })
    }

    /// Returns what an IO error contains, if this library has made it.
    pub fn inside(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// Returns the cause, if it is of this type.
    #[cfg(any(feature = "http2", feature = "rustls"))]
    pub fn cause<E: Error + 'static>(&self) -> Option<&E> {
        self.cause.as_ref()?.downcast_ref()
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Explained {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as &(dyn Error + 'static))
    }
}

/// An IO error at the end of another error's text, behind a colon. `{}` shows what is not shown by the source of the
/// whole error: an explanation, or the error's kind. `{:#}` shows the error and its causes.
pub(crate) struct Behind<'e>(pub(crate) &'e io::Error);

impl<'e> Behind<'e> {
    /// Returns the source of the error whose text this ends.
    pub(crate) fn source(&self) -> Option<&'e (dyn Error + 'static)> {
        match Explained::inside(self.0) {
            Some(explained) => explained.source(),
            // A kind without a cause.
            None if self.0.to_string() == self.0.kind().to_string() => None,
            None => Some(self.0),
        }
    }

    fn briefly(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(explained) = Explained::inside(self.0) {
            write!(f, ": {}", Part(&explained.text, SHOWN))?;
            let cause = explained.source().and_then(|cause| cause.downcast_ref());
            return cause.map_or(Ok(()), |cause| Behind(cause).briefly(f));
        }
        // Kinds without a name of their own say nothing.
        match self.0.kind().to_string().as_str() {
            "other error" | "uncategorized error" => Ok(()),
            kind => write!(f, ": {kind}"),
        }
    }

    fn wholly(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Causes that are shown: a connector of the caller's may have any number.
        const CAUSES: usize = 5;
        let (mut cause, mut said): (Option<&(dyn Error + 'static)>, _) = (Some(self.0), String::new());
        for _ in 0..CAUSES {
            let Some(error) = cause else { break };
            let text = error.to_string();
            // Some errors repeat their causes.
            if !said.contains(&text) {
                write!(f, ": {}", Part(&text, SHOWN))?;
                said = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

/// Characters of one cause that are shown.
pub(crate) const SHOWN: usize = 600;

impl fmt::Display for Behind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { self.wholly(f) } else { self.briefly(f) }
    }
}

#[cfg(all(test, dials))]
mod tests {
    use std::io::ErrorKind as Kind;

    use super::*;

    #[test]
    fn what_one_line_says_its_source_does_not_repeat() {
        let refused = || io::Error::from_raw_os_error(rustix::io::Errno::CONNREFUSED.raw_os_error());
        let cases: [(io::Error, &str, &str, bool); 8] = [
            (refused(), ": connection refused", ": Connection refused (os error 111)", true),
            (Kind::TimedOut.into(), ": timed out", ": timed out", false),
            (io::Error::other("of a connector"), "", ": of a connector", true),
            (io::Error::new(Kind::InvalidData, "no"), ": invalid data", ": no", true),
            (io::Error::new(Kind::NotFound, "a\nb"), ": entity not found", ": a\\nb", true),
            (Explained::error(Kind::NotFound, "no address"), ": no address", ": no address", false),
            (
                Explained::of_cause(Kind::ConnectionRefused, "the proxy", refused()),
                ": the proxy: connection refused",
                ": the proxy: Connection refused (os error 111)",
                true,
            ),
            (
                Explained::of_cause(Kind::NotFound, "the name", io::Error::other("resolver")),
                ": the name",
                ": the name: resolver",
                true,
            ),
        ];
        for (error, briefly, wholly, has_source) in &cases {
            let behind = Behind(error);
            assert_eq!((behind.to_string(), format!("{behind:#}")), ((*briefly).into(), (*wholly).into()));
            let source = behind.source();
            assert_eq!(source.is_some(), *has_source, "{error:?}");
            assert!(source.is_none_or(|source| !briefly.contains(&source.to_string())), "{error:?}");
        }
    }
}
