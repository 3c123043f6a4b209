//! Browsers that are controlled while they run: they open a page of the server and run `browser-api.mjs` in it, or
//! show the page of our example.

use std::cell::OnceCell;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::debian::Debian;
use crate::http::Http;
use crate::process::Process;
use crate::scratch::Scratch;

/// Chromium, with its `DevTools` protocol.
pub(crate) const CHROMIUM: Browser = Browser {
    program: Debian { program: "chromium", folder: None, packages: &["chromium"] },
    arguments: &[
        "--headless",
        // It needs this to run as root; it only opens our own pages.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-proxy-server",
        // Certificates are made for one run.
        "--ignore-certificate-errors",
        "--user-data-dir={profile}",
    ],
    over_http1: &["--disable-quic", "--disable-http2"],
    over_http2: &["--disable-quic"],
    over_http3: &[
        // It tries no other version of HTTP.
        "--origin-to-force-quic-on=*",
        "--enable-features=EnableWebsocketsOverHttp3",
        // QUIC does not know the argument above for certificates.
        "--ignore-certificate-errors-spki-list={key}",
        // Another address of this name does not answer, and QUIC tries only one.
        "--host-resolver-rules=MAP localhost 127.0.0.1",
    ],
    remote: &["--remote-debugging-port=0"],
    announces: "DevTools listening on ",
    preferences: &[],
};

/// Firefox, with `WebDriver` `BiDi`.
pub(crate) const FIREFOX: Browser = Browser {
    program: Debian { program: "firefox-esr", folder: None, packages: &["firefox-esr"] },
    arguments: &["--headless", "--no-remote", "--profile", "{profile}"],
    over_http1: &[],
    over_http2: &[],
    over_http3: &[],
    remote: &["--remote-debugging-port=0"],
    announces: "WebDriver BiDi listening on ",
    preferences: &[
        ("network.http.http2.websockets", "true"),
        ("network.proxy.type", "0"),
        // It must not open connections of its own.
        ("app.update.enabled", "false"),
        ("browser.safebrowsing.update.enabled", "false"),
        ("datareporting.policy.dataSubmissionEnabled", "false"),
        ("network.captive-portal-service.enabled", "false"),
        ("network.connectivity-service.enabled", "false"),
    ],
};

/// A browser, without a window.
pub(crate) struct Browser {
    pub(crate) program: Debian,
    /// Its arguments, with a place for the folder of its profile.
    arguments: &'static [&'static str],
    /// The arguments that let it speak no later version of HTTP than these.
    over_http1: &'static [&'static str],
    over_http2: &'static [&'static str],
    /// The arguments that let it speak nothing but HTTP/3, with a place for the hash of the server's key.
    over_http3: &'static [&'static str],
    /// The arguments that allow remote control, on any free port.
    remote: &'static [&'static str],
    /// What it prints to the standard error before the URL for remote control.
    announces: &'static str,
    preferences: &'static [(&'static str, &'static str)],
}

/// A running browser. It starts when it is first needed; dropping it ends it.
pub(crate) struct Session<'a> {
    browser: &'a Browser,
    http: Http,
    key: Key,
    running: OnceCell<Result<Running, String>>,
}

/// Returns the hash of the public key of the servers over HTTP/3, which the browser must know before it starts.
type Key = fn() -> Result<&'static str, String>;

struct Running {
    /// The URL for remote control.
    remote: String,
    // It ends before its profile is removed.
    _process: Process,
    _profile: Scratch,
}

impl Session<'_> {
    /// Runs a script that controls the browser, and returns the script's lines.
    pub(crate) fn run(&self, script: &mut Command, deadline: Instant) -> Result<Vec<String>, String> {
        let running = self.running.get_or_init(|| self.browser.start(self.http, self.key, deadline));
        let running = running.as_ref().map_err(String::clone)?;
        Process::start(script.args(["--remote", &running.remote]), deadline)?.finish()
    }
}

impl Browser {
    /// Makes a session in which the browser speaks no later version of HTTP. The key is asked for over HTTP/3 alone.
    pub(crate) fn session(&self, http: Http, key: Key) -> Session<'_> {
        Session { browser: self, http, key, running: OnceCell::new() }
    }

    fn start(&self, http: Http, key: Key, deadline: Instant) -> Result<Running, String> {
        let profile = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
        let mut command = self.command(profile.path());
        command.args(self.remote);
        match http {
            Http::One => command.args(self.over_http1),
            Http::Two => command.args(self.over_http2),
            Http::Three => {
                let key = key()?;
                command.args(self.over_http3.iter().map(|argument| argument.replace("{key}", key)))
            }
        };
        self.prefer(profile.path(), http).map_err(|error| format!("the profile: {error}"))?;
        let mut process = Process::start(&mut command, deadline)?;
        let said = process.wait_for_complaint(self.announces)?;
        let remote = said.split(self.announces).nth(1).unwrap_or_default().trim().to_owned();
        Ok(Running { remote, _process: process, _profile: profile })
    }

    /// Returns the command of the browser with this profile.
    pub(crate) fn command(&self, profile: &Path) -> Command {
        let mut command = Command::new(self.program.path());
        let folder = profile.to_string_lossy();
        command.args(self.arguments.iter().map(|argument| argument.replace("{profile}", &folder)));
        // Other files that it leaves go into the profile's folder too, and are removed with it.
        command.envs([("TMPDIR", profile), ("HOME", profile)]);
        command
    }

    fn prefer(&self, profile: &Path, http: Http) -> io::Result<()> {
        if self.preferences.is_empty() {
            return Ok(());
        }
        let http2 = ("network.http.http2.enabled", if http == Http::Two { "true" } else { "false" });
        let preferences = self.preferences.iter().chain([&http2]);
        let lines = preferences.map(|(name, value)| format!("user_pref(\"{name}\", {value});\n"));
        fs::write(profile.join("user.js"), lines.collect::<String>())
    }
}
