//! The figures of the counting program: allocations of a handshake, and bytes that a connection holds.

use std::env;
use std::io;
use std::process::Command;

use serde_json::Value;

use crate::memory::Waiting;
use crate::serve::Server;
use crate::table::Markdown;

/// The output of the counting program.
pub(crate) struct Counted(Value);

impl Counted {
    /// Runs the program, which is beside this one.
    pub(crate) fn read() -> io::Result<Self> {
        let program = env::current_exe()?.with_file_name("bench-counted");
        let output = Command::new(program).output()?;
        Ok(Self(serde_json::from_slice(&output.stdout)?))
    }

    /// Returns the allocations of one handshake.
    pub(crate) fn allocations(&self, case: &str, who: &str) -> Option<u64> {
        self.0.get("allocations")?.get(case)?.get(who)?.as_u64()
    }

    /// Returns the allocations of one client connection.
    pub(crate) fn connecting(&self, case: &str, who: &str) -> Option<u64> {
        self.0.get("clients")?.get(case)?.get(who)?.as_u64()
    }

    /// Returns the bytes on the client's heap for one of many sockets.
    pub(crate) fn sockets(&self, way: &str) -> Option<i64> {
        self.0.get("sockets")?.get(way)?.as_i64()
    }

    /// Makes a table of the bytes that waiting connections hold, and of the difference to the constant server.
    pub(crate) fn memory(&self) -> Markdown {
        let mut titles = vec!["bytes on the heap for a connection"];
        titles.extend(Waiting::ALL.into_iter().flat_map(|waiting| [waiting.name(), "- constant"]));
        let mut table = Markdown::new(&titles);
        let held = |server: Server, waiting| self.0.get("memory")?.get(server.name())?.get(waiting)?.as_i64();
        for server in Server::ALL {
            let mut cells = vec![server.name().to_owned()];
            for waiting in Waiting::ALL {
                let held = |server| held(server, waiting.name());
                cells.push(held(server).map(|bytes| bytes.to_string()).unwrap_or_default());
                let more = held(server).zip(held(Server::Constant)).map(|(bytes, least)| bytes - least);
                cells.push(more.map(|bytes| bytes.to_string()).unwrap_or_default());
            }
            table.push(&cells);
        }
        table
    }

    /// Returns the figures as the program has printed them.
    pub(crate) fn memory_to_json(&self) -> &Value {
        self.0.get("memory").unwrap_or(&Value::Null)
    }
}
