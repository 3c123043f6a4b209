//! Our client in real networks: through forward proxies, to servers with certificates of all kinds, and to addresses
//! of which one is dead. `trips.rs` lists the requests, `forward.rs` the proxies.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::addresses::{self, Addresses, Dead};
use crate::certificate::{Authority, Certificate};
use crate::examples::Examples;
use crate::forward::HAPROXY_TLS;
use crate::front::{Front, Running};
use crate::fronts::HAPROXY;
use crate::http::Http;
use crate::process::Process;
use crate::scratch::{Scratch, write};
use crate::trip::{Places, Trip, echo};

/// What our client meets on its way, and its requests.
pub(crate) struct Route {
    pub(crate) meets: Meets,
    pub(crate) trips: &'static [Trip],
}

/// The proxy between our client and the servers, or the kind of servers.
#[derive(Clone, Copy)]
pub(crate) enum Meets {
    /// A forward proxy.
    Proxy(&'static Front),
    /// A forward proxy behind `HAProxy`, to which the client speaks TLS.
    TlsProxy(&'static Front),
    /// A server that shows this certificate; the text describes it.
    Certificate(&'static str, Certificate),
    /// Servers at addresses of one kind; those of the other kind are dead.
    Addresses,
    /// Our own server.
    Ours,
    /// Our own server behind a reverse proxy, which speaks this version of HTTP to it.
    Front(&'static Front, Http),
}

/// The result of a route.
pub(crate) struct Journey {
    pub(crate) meets: String,
    /// The results of the trips, or the reason why the route can't be run.
    pub(crate) trips: Result<Vec<Made>, String>,
}

/// A trip that was made.
pub(crate) struct Made {
    /// The request in words.
    pub(crate) asked: &'static str,
    /// The result, or what was different.
    pub(crate) came: Result<String, String>,
}

impl Route {
    /// Returns its name without a version.
    pub(crate) fn title(&self) -> String {
        self.named(|front| Ok(front.name().to_owned())).unwrap_or_default()
    }

    fn named(&self, name: impl Fn(&Front) -> Result<String, String>) -> Result<String, String> {
        Ok(match self.meets {
            Meets::Proxy(front) => format!("our client through {}", name(front)?),
            Meets::TlsProxy(front) => {
                format!("our client over TLS through {} and {}", name(&HAPROXY_TLS)?, name(front)?)
            }
            Meets::Certificate(words, _) => format!("our client to a certificate {words}"),
            Meets::Addresses => "our client to names and addresses".to_owned(),
            Meets::Ours => "our client to hyper_echo".to_owned(),
            Meets::Front(front, http) => {
                format!("our client to {}, {http} to hyper_echo", name(front)?)
            }
        })
    }

    /// Installs what the route needs. The error says why it can't be run.
    pub(crate) fn install(&self, may_install: bool) -> Result<(), String> {
        HAPROXY.install(may_install)?;
        match self.meets {
            Meets::Proxy(front) | Meets::TlsProxy(front) | Meets::Front(front, _) => {
                front.install(may_install)
            }
            Meets::Addresses => addresses::install(may_install),
            Meets::Certificate(..) | Meets::Ours => Ok(()),
        }
    }

    /// Makes all trips. If a needed program can't be started, all of them have failed.
    pub(crate) fn run(&self, ours: &Examples, site: &Result<Site, String>) -> Journey {
        let meets = self.named(Front::version).unwrap_or_else(|_| self.title());
        let trips = site.as_ref().map_err(String::clone).and_then(|site| self.trips(ours, site));
        let trips = trips.unwrap_or_else(|error| {
            let failed = |trip: &Trip| Made { asked: trip.asked, came: Err(error.clone()) };
            self.trips.iter().map(failed).collect()
        });
        Journey { meets, trips: Ok(trips) }
    }

    fn trips(&self, ours: &Examples, site: &Site) -> Result<Vec<Made>, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut places = site.places.clone();
        // The programs that run until the trips are made.
        let mut running: Vec<Running> = Vec::new();
        let mut _addresses = None;
        match self.meets {
            Meets::Proxy(front) => {
                let front = front.start(&site.servers, Http::One, deadline)?;
                places.proxies = vec![("proxy", front.address(false)), ("open_proxy", front.address(true))];
                running.push(front);
            }
            Meets::TlsProxy(front) => {
                let front = front.start(&site.servers, Http::One, deadline)?;
                let tls = HAPROXY_TLS.start_with(
                    &site.authority.issue(Certificate::Good)?,
                    &[front.address(false)],
                    Http::One,
                    deadline,
                )?;
                places.proxies = vec![("proxy", tls.address(false))];
                running.extend([tls, front]);
            }
            Meets::Certificate(_, certificate) => {
                let pem = site.authority.issue(certificate)?;
                let front = HAPROXY.start_with(&pem, &site.servers[..1], Http::One, deadline)?;
                places.texts.push(("port", front.address(true).port().to_string()));
                places.texts.push(("itself", text(&front.file("certificate.pem"))));
                running.push(front);
            }
            Meets::Addresses => {
                let started = Addresses::start(ours, deadline)?;
                places.texts.extend(started.places());
                _addresses = Some(started);
            }
            Meets::Ours => {}
            Meets::Front(front, http) => {
                let pem = site.authority.issue(Certificate::Good)?;
                let front = front.start_with(&pem, &site.servers[..1], http, deadline)?;
                places.texts.push(("port", front.address(true).port().to_string()));
                places.texts.push(("clear_port", front.address(false).port().to_string()));
                running.push(front);
            }
        }
        let mut trips = Vec::new();
        for trip in self.trips {
            let came = trip.run(ours, &places).map_err(|error| {
                let said = running.iter_mut().map(Running::complaints).filter(|said| !said.is_empty());
                said.fold(error, |error, said| format!("{error}\nthe proxy: {said}"))
            });
            trips.push(Made { asked: trip.asked, came });
        }
        Ok(trips)
    }
}

/// The servers of the trips.
pub(crate) struct Site {
    authority: Authority,
    /// The server without TLS, and the one with TLS.
    servers: [SocketAddr; 2],
    places: Places,
    // Only kept alive, in a type that threads can share.
    _running: Mutex<(Process, Process, Running, Dead, Scratch)>,
}

impl Site {
    pub(crate) fn start(ours: &Examples) -> Result<Self, String> {
        let deadline = Instant::now() + PATIENCE;
        let authority = Authority::new("authority of interop")?;
        let (plain, ws) = echo(ours, &["--listen", "127.0.0.1:0"], deadline)?;
        let (secure, own_tls) = echo(ours, &["--listen", "127.0.0.1:0", "--tls"], deadline)?;
        let tls = HAPROXY.start_with(&authority.issue(Certificate::Good)?, &[ws], Http::One, deadline)?;
        let (dead, refuses) = Dead::refusing()?;
        let folder = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
        let ca = folder.path().join("authority.pem");
        let other_ca = folder.path().join("other-authority.pem");
        write(&ca, &authority.pem)?;
        write(&other_ca, &Authority::new("other authority")?.pem)?;
        let texts = vec![
            ("ws_port", ws.port().to_string()),
            ("wss_port", tls.address(true).port().to_string()),
            // A server listens there, so a client that can't reach it was stopped by the proxy.
            ("forbidden_port", tls.address(false).port().to_string()),
            ("dead_port", refuses.port().to_string()),
            ("own_tls_port", own_tls.port().to_string()),
            ("ca", text(&ca)),
            ("other_ca", text(&other_ca)),
        ];
        Ok(Self {
            authority,
            servers: [ws, tls.address(true)],
            places: Places { texts, proxies: Vec::new() },
            _running: Mutex::new((plain, secure, tls, dead, folder)),
        })
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The time for everything that a route starts to be ready.
const PATIENCE: Duration = Duration::from_secs(30);
