//! The client: it asks, judges the response, and echoes messages.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::choice::{Choice, Manner};
use super::codec::Codec;
use super::echo::Echo;
use super::fault::Fault;
use super::passed_over::is_passed_over;
use super::stream::Buffered;
use crate::case::Role;
use crate::frame::{Frame, Kind};
use crate::judge::{self, Conclusion, Judgement, Sent, Start};
use crate::key;

/// The most bytes of a response's head, and the most interim responses.
const LARGEST_HEAD: usize = 64 * 1024;
const MOST_INTERIM: usize = 16;

/// What a client is asked to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Errand {
    /// The URL, which begins with `ws://`.
    pub url: String,
    /// The subprotocols to offer, in order.
    pub subprotocols: Vec<String>,
    /// The parameters of an offer of permessage-deflate, if it is to be offered: `Some("")` for none.
    pub deflate: Option<String>,
    /// How long the handshake may take. The default is 10 seconds.
    pub timeout: Option<Duration>,
}

impl Errand {
    /// Opens this URL, and offers nothing.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), subprotocols: Vec::new(), deflate: None, timeout: None }
    }
}

/// Opens a WebSocket, and echoes messages until the server closes it.
///
/// # Errors
///
/// Why the handshake, or what followed it, failed.
pub async fn client(errand: &Errand, manner: impl Into<Manner>) -> Result<(), String> {
    let manner = manner.into();
    if !manner.has(Fault::TextsUnchecked) {
        check(errand)?;
    }
    let url = Url::parse(&errand.url)?;
    let limit = errand.timeout.unwrap_or(Duration::from_secs(10));
    let handshake = async {
        let stream = TcpStream::connect(url.address()).await.map_err(|error| error.to_string())?;
        let mut stream = Buffered::new(stream);
        let agreed = shake_hands(&mut stream, &url, errand, manner).await?;
        Ok::<_, String>((stream, agreed))
    };
    let (mut stream, response) =
        timeout(limit, handshake).await.map_err(|_| "no response in time".to_owned())??;
    let codec = response.agreed.deflate.map(|agreed| Codec::new(agreed, Role::Client, manner.fault));
    Echo::new(&mut stream, Role::Client, codec, manner).run().await?;
    stream.end().await.map_err(|error| error.to_string())
}

/// Checks the texts that become part of the request.
fn check(errand: &Errand) -> Result<(), String> {
    if !errand.url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the URL has a character that must be encoded".to_owned());
    }
    for (place, name) in errand.subprotocols.iter().enumerate() {
        let is_tchar = |byte: u8| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_tchar) {
            return Err("the name of a subprotocol is no token".to_owned());
        }
        if errand.subprotocols.iter().take(place).any(|other| other == name) {
            return Err("a subprotocol is offered twice".to_owned());
        }
    }
    Ok(())
}

/// The parts of a URL.
struct Url {
    authority: String,
    target: String,
    fragment: String,
}

impl Url {
    fn parse(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("ws://").ok_or("only ws:// is spoken here")?;
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self {
            authority: authority.to_owned(),
            target: format!("{slash}{target}"),
            fragment: fragment.to_owned(),
        })
    }

    fn address(&self) -> String {
        if self.host().len() == self.authority.len() {
            format!("{}:80", self.authority)
        } else {
            self.authority.clone()
        }
    }

    /// The authority without the port.
    fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }
}

/// Sends the request, and returns the response if it establishes a WebSocket.
async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut Buffered<S>,
    url: &Url,
    errand: &Errand,
    manner: Manner,
) -> Result<Judgement, String> {
    let mut request = request(url, errand, manner);
    let sent = judge::request(request.as_bytes()).sent();
    if manner.has(Fault::LfLines) {
        request = request.replace("\r\n", "\n");
    }
    let mut bytes = request.into_bytes();
    if manner.has(Fault::FrameBeforeResponse) {
        bytes.extend(Frame::new(Kind::Text, *b"early", true).encode());
    }
    stream.write(&bytes).await.map_err(|error| error.to_string())?;
    let mut interim = 0;
    let mut judged = 0;
    loop {
        let new = stream.read.get(judged..).unwrap_or_default();
        if new.contains(&b'\n') || !new.is_empty() && judged < 16 {
            judged = stream.read.len();
            let response = judge::response(&as_it_is_seen(&stream.read, manner), &sent);
            match concluded(&response, manner) {
                Conclusion::Unfinished if manner.has(Fault::ResponseSplitLost) => {
                    return Err("the response is not complete".to_owned());
                }
                Conclusion::Unfinished => {}
                Conclusion::Interim => {
                    interim += 1;
                    if manner.has(Fault::InterimFatal) || interim > MOST_INTERIM {
                        return Err("an interim response".to_owned());
                    }
                    stream.consume(response.len);
                    judged = 0;
                    continue;
                }
                Conclusion::Established => {
                    stream.consume(response.len);
                    if manner.has(Fault::ResponseBodySkipped) {
                        let length = response.get("Content-Length").map(String::from_utf8_lossy);
                        stream.consume(length.and_then(|length| length.parse().ok()).unwrap_or_default());
                    }
                    if manner.has(Fault::EarlyFramesLost) {
                        stream.read.clear();
                    }
                    return Ok(response);
                }
                Conclusion::Refused => {
                    return Err(format!("refused with {}", response.status.unwrap_or_default()));
                }
                Conclusion::Failed(rule) => return Err(format!("{}: {}", rule.id, rule.text)),
            }
        }
        if stream.read.len() > LARGEST_HEAD {
            return Err("the response has no end".to_owned());
        }
        if !stream.more().await.map_err(|error| error.to_string())? {
            return Err("the connection ends before the response does".to_owned());
        }
    }
}

fn request(url: &Url, errand: &Errand, manner: Manner) -> String {
    use Fault as F;
    let fragment = if manner.has(Fault::FragmentSent) { format!("#{}", url.fragment) } else { String::new() };
    let mut head = format!("GET {}{fragment} HTTP/1.1\r\n", url.target);
    match manner.fault {
        Some(F::HostMissing) => {}
        Some(F::HostWithoutPort) => head.push_str(&line("Host", url.host())),
        _ => head.push_str(&line("Host", &url.authority)),
    }
    head.push_str("Upgrade: websocket\r\nConnection: Upgrade\r\n");
    let key = match manner.fault {
        Some(F::KeyConstant) => "bm90IGFuIGhvbmVzdCAxNg==".to_owned(),
        Some(F::KeyShort) => STANDARD.encode(*b"too long"),
        _ => key::fresh(),
    };
    head.push_str(&line("Sec-WebSocket-Key", &key));
    if !manner.has(Fault::VersionMissing) {
        head.push_str("Sec-WebSocket-Version: 13\r\n");
    }
    if manner.chooses(Choice::LikeABrowser) {
        head.push_str(&line("Origin", &format!("http://{}", url.authority)));
        head.push_str("Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11)\r\n");
        head.push_str(
            "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\nCookie: a=b; c=d\r\n",
        );
    }
    if !errand.subprotocols.is_empty() {
        head.push_str(&line("Sec-WebSocket-Protocol", &errand.subprotocols.join(", ")));
    }
    if let Some(params) = &errand.deflate {
        let separator = if params.is_empty() { "" } else { "; " };
        head.push_str(&line("Sec-WebSocket-Extensions", &format!("permessage-deflate{separator}{params}")));
    }
    if manner.chooses(Choice::RequestInOtherSpelling) {
        head = head
            .replace("Upgrade: websocket", "upgrade:WebSocket")
            .replace("Connection: Upgrade", "connection:keep-alive ,upgrade")
            .replace("Sec-WebSocket-", "sec-websocket-")
            .replace("Host:", "host:");
    }
    head.push_str("\r\n");
    head
}

fn line(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

/// Returns the bytes as a client with a fault sees them: with the status of a 101 perhaps, or with other line ends.
fn as_it_is_seen(bytes: &[u8], manner: Manner) -> Vec<u8> {
    let mut seen = bytes.to_vec();
    if manner.has(Fault::BareCrEndsLine) {
        seen =
            String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace(['\r', '\n'], "\r\n").into_bytes();
    }
    let response = judge::response(bytes, &Sent::default());
    let is_taken = |status: u16| match manner.fault {
        Some(Fault::StatusUnchecked) => status >= 200,
        Some(Fault::StatusAny1xx) => status < 200,
        _ => false,
    };
    if let (Start::Response { status, .. }, true) = (&response.start, response.status.is_some_and(is_taken)) {
        seen.splice(status.range(), *b"101");
    }
    seen
}

fn concluded(response: &Judgement, manner: Manner) -> Conclusion {
    let conclusion = response.conclusion_without(|rule| is_passed_over(manner, rule, response));
    let all = |name: &str| response.fields.iter().filter(|field| field.is(name)).collect::<Vec<_>>();
    match (manner.fault, conclusion, response.status) {
        (Some(Fault::RedirectAsEstablished), Conclusion::Refused, Some(300..=399)) => Conclusion::Established,
        (Some(Fault::ConnectionListRefused), Conclusion::Established, _) => match &*all("Connection") {
            [field] if field.value.eq_ignore_ascii_case(b"upgrade") => conclusion,
            _ => Conclusion::Refused,
        },
        (Some(Fault::NamesCaseSensitive), Conclusion::Established, _) => {
            let usual = ["Upgrade", "Connection", "Sec-WebSocket-Accept"];
            let known = usual.iter().all(|name| all(name).iter().any(|field| field.name == name.as_bytes()));
            if known { conclusion } else { Conclusion::Refused }
        }
        (None, Conclusion::Established, _) if manner.chooses(Choice::StrictAboutLines) => {
            let strict = ["response/line-ends", "response/space-before-colon"];
            let mut broken = response.broken().map(|verdict| verdict.rule);
            broken.find(|rule| strict.contains(&rule.id)).map_or(conclusion, Conclusion::Failed)
        }
        _ => conclusion,
    }
}
