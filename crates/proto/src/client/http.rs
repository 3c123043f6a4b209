//! The extended CONNECT and its responses as types of the `http` crate.

use std::string::ToString;
use std::vec;

use http::{HeaderName, HeaderValue, Method, Uri, Version, header};

use super::{ExtendedConnect, Request, ResponseError, Verdict};
use crate::field::FieldSection;

impl Request<'_> {
    /// The extended CONNECT of HTTP/2 and 3 that asks for the same as [`Request::encode_h1`] (RFC 8441 §5, RFC 9220
    /// §3).
    ///
    /// `:protocol` is `websocket`: the type has no place for it, its caller's HTTP library does. Values of
    /// `Authorization`, `Cookie` and `Proxy-Authorization` are marked as sensitive, so that they get into no table of
    /// HPACK or QPACK (RFC 7541 §7.1.3). Connection-specific fields that the options add are left out (RFC 9113
    /// §8.2.2).
    ///
    /// # Errors
    ///
    /// If that crate does not take the authority, or not so many fields.
    pub fn to_http_connect(&self) -> Result<http::Request<()>, http::Error> {
        let uri = self.uri();
        let uri = Uri::builder()
            // RFC 8441 §5.
            .scheme(if uri.secure() { "https" } else { "http" })
            .authority(uri.authority().to_string())
            .path_and_query(uri.target().to_string())
            .build()?;
        let mut request = http::Request::new(());
        *request.method_mut() = Method::CONNECT;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = uri;
        let needed = self.encode_connect(&mut []).unwrap_or_else(|error| error.needed);
        let mut lines = vec![0; needed];
        // An extension that writes something else every time is cut off where its first offers ended.
        let len = self.encode_connect(&mut lines).unwrap_or(needed);
        for field in FieldSection(lines.get(..len).unwrap_or_default()).iter() {
            let name = HeaderName::from_bytes(field.name)?;
            let mut value = HeaderValue::from_bytes(field.value)?;
            value.set_sensitive(is_secret(&name));
            request.headers_mut().try_append(name, value)?;
        }
        Ok(request)
    }
}

fn is_secret(name: &HeaderName) -> bool {
    [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].contains(name)
}

impl<'p> ExtendedConnect<'p> {
    /// The request to send: [`Request::to_http_connect`].
    ///
    /// # Errors
    ///
    /// As it says.
    pub fn to_http(&self) -> Result<http::Request<()>, http::Error> {
        self.request().to_http_connect()
    }

    /// As [`ExtendedConnect::receive`].
    ///
    /// # Errors
    ///
    /// As it says.
    pub fn receive_http<B>(&mut self, response: &http::Response<B>) -> Result<Verdict<'p>, ResponseError> {
        self.receive(response.status().as_u16(), response.headers())
    }
}
