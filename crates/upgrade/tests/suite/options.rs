//! Converts the options of a case to those of a server.

use std::sync::Arc;

use vectors::{Policy, PolicyName, ServerConfig};
use websocket_upgrade::ServerOptions;

pub(crate) fn server_options(config: &ServerConfig) -> ServerOptions {
    let mut options = ServerOptions::new().limits(config.limits());
    for name in &config.subprotocols {
        options = options.subprotocol(name).expect("a subprotocol of a case");
    }
    if config.require_subprotocol {
        options = options.require_subprotocol();
    }
    if config.danger_no_key {
        options = options.danger_no_key();
    }
    for extension in &config.extensions {
        options = options.custom_extension(Arc::from(extension.build())).expect("an extension of a case");
    }
    for (name, value) in &config.headers {
        options = options.header(name, value).expect("a header of a case");
    }
    if let Some(secure) = config.secure {
        options = options.secure(secure);
    }
    if let Some(authorities) = &config.authorities {
        options = options.authorities(authorities).expect("authorities of a case");
    }
    match &config.origins {
        Policy::Named(PolicyName::Same) => options,
        Policy::Named(PolicyName::Any) => options.danger_any_origin(),
        Policy::SameAs { .. } => panic!("what a proxy says is no option of a case of requests.json"),
        Policy::List(list) => {
            list.iter().fold(options, |options, origin| options.origin(origin).expect("an origin of a case"))
        }
    }
}
