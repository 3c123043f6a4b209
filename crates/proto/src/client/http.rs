//! The extended CONNECT and its responses as types of the `http` crate.

use std::string::ToString;
use std::vec;

use http::{HeaderName, HeaderValue, Method, Uri, Version, header};

use super::connect::{ExtendedConnect, Verdict};
use super::reason::ResponseError;
use super::request::Request;
use crate::field::Field;
use crate::head::FieldSection;
use crate::write::{BufferTooSmall, Writer};

impl Request<'_, '_> {
    /// Builds the extended CONNECT for HTTP/2 and 3, which asks for the same as [`Request::encode_h1`] (RFC 8441 §5,
    /// RFC 9220 §3).
    ///
    /// The type can't hold `:protocol`: the caller's HTTP library must set it to `websocket`. Values of
    /// `Authorization`, `Cookie` and `Proxy-Authorization` are marked as sensitive, so that they are not stored in a
    /// table of HPACK or QPACK (RFC 7541 §7.1.3). Connection-specific fields among the added ones are left out (RFC
    /// 9113 §8.2.2).
    ///
    /// # Errors
    ///
    /// If the `http` crate does not accept the authority, or there are too many fields for it.
    pub fn to_http_connect(&self) -> Result<http::Request<()>, http::Error> {
        let uri = &self.uri;
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
        // If an extension writes other offers the second time, they are cut off at the length of the first ones.
        let len = self.encode_connect(&mut lines).unwrap_or(needed);
        for field in FieldSection(lines.get(..len).unwrap_or_default()).iter() {
            let name = HeaderName::from_bytes(field.name)?;
            let mut value = HeaderValue::from_bytes(field.value)?;
            value.set_sensitive(is_secret(&name));
            request.headers_mut().try_append(name, value)?;
        }
        Ok(request)
    }

    /// Writes the field lines of an extended CONNECT in the form of HTTP/1.1, and returns their length in bytes.
    fn encode_connect(&self, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer::new(dst);
        out.put(b"Sec-WebSocket-Version: 13\r\n");
        self.put_fields(&mut out);
        for Field { name, value } in self.options.fields.over_stream() {
            out.put_all(&[name, b": ", value, b"\r\n"]);
        }
        out.finish()
    }
}

fn is_secret(name: &HeaderName) -> bool {
    [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].contains(name)
}

impl<'p> ExtendedConnect<'p, '_> {
    /// Builds the request to send, as [`Request::to_http_connect`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Request::to_http_connect`].
    pub fn to_http(&self) -> Result<http::Request<()>, http::Error> {
        self.request().to_http_connect()
    }

    /// Checks the head of a response, as [`ExtendedConnect::receive`] does.
    ///
    /// # Errors
    ///
    /// Those of [`ExtendedConnect::receive`].
    pub fn receive_http<B>(&mut self, response: &http::Response<B>) -> Result<Verdict<'p>, ResponseError> {
        self.receive(response.status().as_u16(), response.headers())
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::client::Options;
    use crate::field::ExtraFields;

    #[test]
    fn what_is_secret_gets_into_no_table() {
        let uri = crate::uri::Uri::parse("wss://user:secret@a/").expect("a URI");
        let mut options = Options::new();
        let lines = b"Cookie: a\r\nX-A: b\r\nProxy-Authorization: c\r\ncookie: d\r\n";
        options.fields = ExtraFields::from_lines(lines).expect("legal lines");
        let request = Request::new(&uri, &options).expect("legal options").to_http_connect().expect("one");
        let mut secret: Vec<&str> = Vec::new();
        for (name, value) in request.headers() {
            if value.is_sensitive() {
                secret.push(name.as_str());
            }
        }
        assert_eq!(secret, ["authorization", "cookie", "cookie", "proxy-authorization"]);
        assert_eq!(request.headers().len(), 6);
    }
}
