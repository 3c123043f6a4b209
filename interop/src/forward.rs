//! Forward proxies between our client and the servers: their programs and configurations.
//!
//! If there are two ports, `{listen}` requires the password, and `{secure}` is open. The user is alice, the password
//! open-sesame. All of them allow only the ports of `{server_1}` and `{server_2}`, except microsocks, which has no
//! rules. squid, dante and microsocks look names up in a file of ours, with a name that only they know.

use crate::debian::Debian;
use crate::front::{Front, Program, Ready};
use crate::fronts::HAPROXY;

/// squid. It has a name of its own, for its shared memory, which it removes at the end.
pub(crate) const SQUID: Front = Front {
    program: Program::Debian(Debian { program: "squid", folder: None, packages: &["squid"] }),
    says_version: "-v",
    arguments: &["-N", "-d", "0", "-n", "interop{listen_port}", "-f", "{configuration}"],
    configuration: ("squid.conf", include_str!("../peers/squid.conf")),
    files: &[HOSTS, ("passwords", include_str!("../peers/squid.passwords"))],
    ready: Ready::ListensTwice,
    tidies_up: true,
    ..Front::USUAL
};

/// tinyproxy, open.
pub(crate) const TINYPROXY: Front = Front {
    program: Program::Debian(Debian { program: "tinyproxy", folder: None, packages: &["tinyproxy-bin"] }),
    says_version: "-v",
    arguments: &["-d", "-c", "{configuration}"],
    configuration: ("tinyproxy.conf", include_str!("../peers/tinyproxy.conf")),
    ready: Ready::Listens,
    ..Front::USUAL
};

/// tinyproxy, with a password.
pub(crate) const TINYPROXY_WITH_PASSWORD: Front = Front {
    configuration: (
        "tinyproxy.conf",
        concat!(include_str!("../peers/tinyproxy.conf"), "BasicAuth alice open-sesame\n"),
    ),
    ..TINYPROXY
};

/// `HAProxy`, which terminates TLS before another proxy.
pub(crate) const HAPROXY_TLS: Front = Front {
    configuration: ("haproxy.cfg", include_str!("../peers/haproxy-tls.cfg")),
    ready: Ready::Listens,
    ..HAPROXY
};

/// dante. It uses the accounts of the system; the preloaded library replaces them by files.
pub(crate) const DANTE: Front = Front {
    program: Program::Debian(Debian {
        program: "danted",
        folder: Some(NSS_WRAPPER),
        packages: &["dante-server", "libnss-wrapper"],
    }),
    says_version: "-v",
    arguments: &["-f", "{configuration}", "-p", "{folder}/danted.pid"],
    environment: &[
        PRELOADED,
        NAMES,
        ("NSS_WRAPPER_PASSWD", "{folder}/passwd"),
        ("NSS_WRAPPER_GROUP", "{folder}/group"),
        ("NSS_WRAPPER_SHADOW", "{folder}/shadow"),
    ],
    configuration: ("danted.conf", include_str!("../peers/danted.conf")),
    files: &[
        HOSTS,
        ("passwd", include_str!("../peers/danted.passwd")),
        ("group", include_str!("../peers/danted.group")),
        ("shadow", include_str!("../peers/danted.shadow")),
    ],
    ready: Ready::ListensTwice,
    ..Front::USUAL
};

/// microsocks, open.
pub(crate) const MICROSOCKS: Front = Front {
    program: Program::Debian(Debian {
        program: "microsocks",
        folder: Some(NSS_WRAPPER),
        packages: &["microsocks", "libnss-wrapper"],
    }),
    // It does not print a version.
    says_version: "",
    arguments: &["-i", "{listen_host}", "-p", "{listen_port}"],
    environment: &[PRELOADED, NAMES],
    files: &[HOSTS],
    ready: Ready::Listens,
    ..Front::USUAL
};

/// microsocks, with a password.
pub(crate) const MICROSOCKS_WITH_PASSWORD: Front = Front {
    arguments: &["-i", "{listen_host}", "-p", "{listen_port}", "-u", "alice", "-P", "open-sesame"],
    ..MICROSOCKS
};

/// The names that only the proxy knows.
const HOSTS: (&str, &str) = ("hosts", include_str!("../peers/proxy-only.hosts"));

/// The library that looks names up in a file of ours, and replaces other data that the C library reads from the
/// system.
pub(crate) const PRELOADED: (&str, &str) = ("LD_PRELOAD", "libnss_wrapper.so");

/// That file.
pub(crate) const NAMES: (&str, &str) = ("NSS_WRAPPER_HOSTS", "{folder}/hosts");

/// A file that shows that the library is installed.
pub(crate) const NSS_WRAPPER: &str = "/usr/share/doc/libnss-wrapper";
