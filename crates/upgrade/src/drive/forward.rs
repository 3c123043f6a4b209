//! Streams that hand calls on to another stream.

/// Methods of a trait of streams. Each hands its call on to `$by!(self, context, method(arguments))`, a macro that
/// says which stream is called, and what becomes of the result. There is no `context` where the trait has none.
macro_rules! forward {
    // What `AsyncWrite` of tokio, that of futures-io and `Write` of hyper have in common, and the method that ends the
    // sending side.
    (AsyncWrite, $end:ident, $by:ident) => {
        fn poll_write(
            self: ::std::pin::Pin<&mut Self>,
            context: &mut ::std::task::Context<'_>,
            bytes: &[u8],
        ) -> ::std::task::Poll<::std::io::Result<usize>> {
            $by!(self, context, poll_write(context, bytes))
        }

        fn poll_write_vectored(
            self: ::std::pin::Pin<&mut Self>,
            context: &mut ::std::task::Context<'_>,
            pieces: &[::std::io::IoSlice<'_>],
        ) -> ::std::task::Poll<::std::io::Result<usize>> {
            $by!(self, context, poll_write_vectored(context, pieces))
        }

        fn poll_flush(
            self: ::std::pin::Pin<&mut Self>,
            context: &mut ::std::task::Context<'_>,
        ) -> ::std::task::Poll<::std::io::Result<()>> {
            $by!(self, context, poll_flush(context))
        }

        fn $end(
            self: ::std::pin::Pin<&mut Self>,
            context: &mut ::std::task::Context<'_>,
        ) -> ::std::task::Poll<::std::io::Result<()>> {
            $by!(self, context, $end(context))
        }
    };
    (Write, $by:ident) => {
        fn write(&mut self, bytes: &[u8]) -> ::std::io::Result<usize> {
            $by!(self, write(bytes))
        }

        fn write_vectored(&mut self, pieces: &[::std::io::IoSlice<'_>]) -> ::std::io::Result<usize> {
            $by!(self, write_vectored(pieces))
        }

        fn flush(&mut self) -> ::std::io::Result<()> {
            $by!(self, flush())
        }
    };
    // All methods of `TimedStream` but `read_once`.
    (TimedStream, $by:ident) => {
        fn timeouts(&self) -> ::std::io::Result<Timeouts> {
            $by!(ref self, timeouts())
        }

        fn set_timeouts(&mut self, timeouts: Timeouts) -> ::std::io::Result<()> {
            $by!(self, set_timeouts(timeouts))
        }

        fn end(&mut self) -> ::std::io::Result<()> {
            $by!(self, end())
        }

        fn write_once(&mut self, bytes: &[u8]) -> ::std::io::Result<usize> {
            $by!(self, write_once(bytes))
        }

        fn flush_once(&mut self) -> ::std::io::Result<()> {
            $by!(self, flush_once())
        }

        fn now(&self) -> ::std::time::Instant {
            $by!(ref self, now())
        }
    };
}

/// To the field `io`.
macro_rules! to_io {
    ($self:ident, $context:ident, $method:ident($($argument:expr),*)) => {
        ::std::pin::Pin::new(&mut $self.get_mut().io).$method($($argument),*)
    };
    ($self:ident, $method:ident($($argument:expr),*)) => {
        $self.io.$method($($argument),*)
    };
    (ref $self:ident, $method:ident($($argument:expr),*)) => {
        $self.io.$method($($argument),*)
    };
}

/// To the stream in the field `stream`, an enum `Stream` of `Plain` and `Tls`.
#[cfg(dials_directly)]
macro_rules! to_variant {
    ($self:ident, $context:ident, $method:ident($($argument:expr),*)) => {
        match &mut $self.get_mut().stream {
            Stream::Plain(stream) => ::std::pin::Pin::new(stream).$method($($argument),*),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => ::std::pin::Pin::new(stream).$method($($argument),*),
        }
    };
    ($self:ident, $method:ident($($argument:expr),*)) => {
        match &mut $self.stream {
            Stream::Plain(stream) => stream.$method($($argument),*),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => stream.$method($($argument),*),
        }
    };
    (ref $self:ident, $method:ident($($argument:expr),*)) => {
        match &$self.stream {
            Stream::Plain(stream) => stream.$method($($argument),*),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => stream.$method($($argument),*),
        }
    };
}

#[cfg(dials_directly)]
pub(crate) use to_variant;
pub(crate) use {forward, to_io};
