//! The tables of `docs/costs.md` and of the README, made from the figures of a run.

use bench_core::measured::{self, CLIENT, FLOOR_A, FLOOR_B};
use bench_core::requests;
use serde_json::Value;

use crate::memory::Waiting;
use crate::serve::Server;
use crate::table::{Markdown, grouped};

/// Returns the tables whose figures were measured. A table that has no figures is left out.
pub(crate) fn tables(figures: &Value) -> Vec<Markdown> {
    let handshakes = Rows(&figures["handshakes"]);
    let on_hyper = &figures["frameworks"];
    let mut tables = Vec::new();
    if !handshakes.0.is_null() {
        tables.extend([servers(handshakes), times(handshakes), clients(handshakes)]);
    }
    if !figures["loopback"].is_null() && !figures["memory"].is_null() {
        tables.extend([services(figures), heap(&figures["memory"]["heap"])]);
    }
    if !on_hyper.is_null() {
        tables.push(frameworks(Rows(&on_hyper["memory"]), Rows(&on_hyper["loopback"])));
    }
    if !figures["clients"].is_null() {
        tables.push(connecting(Rows(&figures["clients"])));
    }
    if !figures["sockets"].is_null() {
        tables.push(sockets(Rows(&figures["sockets"])));
    }
    tables
}

/// Figures, an object for each row of a table.
#[derive(Clone, Copy)]
struct Rows<'a>(&'a Value);

impl<'a> Rows<'a> {
    fn all(self) -> impl Iterator<Item = &'a Value> {
        self.0.as_array().into_iter().flatten()
    }

    /// Returns the rows of a case.
    fn of(self, case: &str) -> impl Iterator<Item = &'a Value> {
        self.all().filter(move |row| row["case"] == *case)
    }

    /// Returns the names of a case, in their order.
    fn names(self, case: &str) -> Vec<&'a str> {
        self.of(case).filter_map(|row| row["name"].as_str()).collect()
    }

    fn figure(self, case: &str, name: &str, figure: &str) -> Option<f64> {
        self.of(case).find(|row| row["name"] == *name)?[figure].as_f64()
    }

    /// Returns a figure of a table with one case.
    fn only(self, name: &str, figure: &str) -> Option<f64> {
        self.all().find(|row| row["name"] == *name)?[figure].as_f64()
    }
}

/// The instructions of servers, in brackets in ratio to floor B.
fn servers(rows: Rows<'_>) -> Markdown {
    let cases = requests::ALL.map(|(request, _)| measured::server(request));
    let mut table = Markdown::new(&["instructions", "minimal", "Chrome", "60 fields", "allocations"]);
    for name in rows.names(&cases[0]) {
        let mut cells = vec![name.to_owned()];
        for case in &cases {
            let count = rows.figure(case, name, "instructions");
            let base = rows.figure(case, FLOOR_B, "instructions").filter(|_| name != FLOOR_B);
            cells.push(count.map_or("refused".to_owned(), |count| with(count, ratio(Some(count), base))));
        }
        cells.push(allocations(rows, &cases, name));
        table.push(&cells);
    }
    table
}

/// The time of servers in ratio to floor A.
fn times(rows: Rows<'_>) -> Markdown {
    let cases = requests::ALL.map(|(request, _)| measured::server(request));
    let mut table = Markdown::new(&["time, x floor A", "minimal", "Chrome", "60 fields"]);
    for name in rows.names(&cases[0]) {
        let time = |case: &String, name| rows.figure(case, name, "nanoseconds");
        let ratios = cases.iter().map(|case| ratio(time(case, name), time(case, FLOOR_A)));
        let ratios = ratios.map(|ratio| ratio.unwrap_or("refused".to_owned()));
        table.push(&[name.to_owned()].into_iter().chain(ratios).collect::<Vec<_>>());
    }
    table
}

/// The instructions of clients, without those of the other side, which is in memory.
fn clients(rows: Rows<'_>) -> Markdown {
    let titles = ["request out, 101 in", "instructions", "x floor A", "x floor B", "allocations"];
    let mut table = Markdown::new(&titles);
    let own = |name| rows.figure(CLIENT, name, "own_instructions");
    for name in rows.names(CLIENT) {
        // The other side has nothing of its own.
        let Some(count) = own(name).filter(|count| *count > 0.0) else { continue };
        let to = |base| ratio(Some(count), own(base)).unwrap_or_default();
        let allocations = allocations(rows, &[CLIENT.to_owned()], name);
        table.push(&[name.to_owned(), grouped(count), to(FLOOR_A), to(FLOOR_B), allocations]);
    }
    table
}

/// The processor time of services, and the resident bytes of their connections.
fn services(figures: &Value) -> Markdown {
    let cpu = Rows(&figures["loopback"]);
    let resident = Rows(&figures["memory"]["resident"]);
    let states = Waiting::ALL.map(Waiting::name);
    let titles = [&["a service", "CPU"], &states[..]].concat();
    let mut table = Markdown::new(&titles);
    for server in Server::ALL {
        let name = server.name();
        let cpu = cpu.only(name, "cpu_ratio").map(|ratio| format!("{ratio:.2}"));
        let held = states.map(|state| resident.only(name, state).map(|held| grouped(held) + " B"));
        let cells = [Some(name.to_owned()), cpu].into_iter().chain(held);
        table.push(&cells.map(Option::unwrap_or_default).collect::<Vec<_>>());
    }
    table
}

/// The bytes on the heap for a connection that waits.
fn heap(figures: &Value) -> Markdown {
    let states = Waiting::ALL.map(Waiting::name);
    let mut table = Markdown::new(&[&["on the heap"], &states[..]].concat());
    for server in Server::ALL {
        let held = states.map(|state| figures[server.name()][state].as_f64());
        let held = held.map(|held| held.map(|held| grouped(held) + " B").unwrap_or_default());
        table.push(&[server.name().to_owned()].into_iter().chain(held).collect::<Vec<_>>());
    }
    table
}

/// The instructions on hyper, in brackets what they are more than those of the constant, and for the library's
/// extractor the ratio to axum's own; then processor time.
fn frameworks(rows: Rows<'_>, loopback: Rows<'_>) -> Markdown {
    let cases = requests::ALL.map(|(request, _)| format!("on hyper, {request}"));
    let titles = ["on hyper", "minimal", "Chrome", "60 fields", "allocations", "CPU over loopback"];
    let mut table = Markdown::new(&titles);
    for name in rows.names(&cases[0]) {
        let mut cells = vec![name.to_owned()];
        for case in &cases {
            let count = rows.figure(case, name, "instructions");
            let more = rows.figure(case, name, "own_instructions").filter(|more| *more > 0.0);
            let more = more.map(|more| format!("+ {}", grouped(more)));
            let axum = rows.figure(case, Server::Axum.name(), "instructions");
            let of_axum = ratio(count, axum).filter(|_| name == Server::InAxum.name());
            let of_axum = of_axum.map(|ratio| format!("{ratio} of axum"));
            let notes: Vec<String> = more.into_iter().chain(of_axum).collect();
            let note = Some(notes.join(", ")).filter(|note| !note.is_empty());
            cells.push(count.map(|count| with(count, note)).unwrap_or_default());
        }
        cells.push(allocations(rows, &cases, name));
        let cpu = loopback.only(name, "cpu_ratio").map(|ratio| format!("{ratio:.2}"));
        cells.push(cpu.unwrap_or_default());
        table.push(&cells);
    }
    table
}

/// The processor time of clients from a URL to their connection, in ratio to the first one.
fn connecting(rows: Rows<'_>) -> Markdown {
    let mut cases: Vec<&str> = rows.all().filter_map(|row| row["case"].as_str()).collect();
    cases.dedup();
    // The last one, of HTTP/2, has other rows.
    cases.pop();
    let ways = cases.iter().map(|case| case.strip_prefix("client over loopback, ").unwrap_or(case));
    let titles: Vec<&str> = ["a client"].into_iter().chain(ways).chain(["allocations"]).collect();
    let mut table = Markdown::new(&titles);
    for name in cases.first().map_or(Vec::new(), |case| rows.names(case)) {
        let ratios = cases.iter().map(|case| rows.figure(case, name, "cpu_ratio"));
        let ratios = ratios.map(|ratio| ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default());
        let cases: Vec<String> = cases.iter().map(|case| (*case).to_owned()).collect();
        let allocations = [allocations(rows, &cases, name)];
        table.push(&[name.to_owned()].into_iter().chain(ratios).chain(allocations).collect::<Vec<_>>());
    }
    table
}

/// The cost of each of many sockets.
fn sockets(rows: Rows<'_>) -> Markdown {
    let titles = [
        "WebSockets",
        "CPU to open, client + server",
        "CPU of an echo",
        "first, one more",
        "heap, client",
        "resident, server",
    ];
    let mut table = Markdown::new(&titles);
    for row in rows.all() {
        let micros = |figure: &str| row[figure].as_f64().map(|nanos| format!("{:.1}", nanos / 1000.0));
        let both = |client, server| match (micros(client), micros(server)) {
            (Some(client), Some(server)) => format!("{client} + {server} µs"),
            _ => String::new(),
        };
        let times = match (micros("first_nanoseconds"), micros("one_more_nanoseconds")) {
            (Some(first), Some(more)) => format!("{first}, {more} µs"),
            _ => String::new(),
        };
        let bytes =
            |figure: &str| row[figure].as_f64().map(|bytes| grouped(bytes) + " B").unwrap_or_default();
        table.push(&[
            row["name"].as_str().unwrap_or_default().to_owned(),
            both("open_cpu_nanoseconds", "open_server_cpu_nanoseconds"),
            both("echo_cpu_nanoseconds", "echo_server_cpu_nanoseconds"),
            times,
            bytes("heap_bytes"),
            bytes("server_resident_bytes"),
        ]);
    }
    table
}

/// Returns the allocations of a contender in some cases, as one number if they are the same.
fn allocations(rows: Rows<'_>, cases: &[String], name: &str) -> String {
    let mut counts: Vec<String> = cases
        .iter()
        .filter(|case| {
            rows.figure(case, name, "nanoseconds").is_some() || rows.figure(case, name, "cpu_ratio").is_some()
        })
        .filter_map(|case| rows.figure(case, name, "allocations"))
        .map(grouped)
        .collect();
    if counts.iter().all(|count| Some(count) == counts.first()) {
        counts.truncate(1);
    }
    counts.join(", ")
}

fn ratio(part: Option<f64>, whole: Option<f64>) -> Option<String> {
    Some(format!("{:.2}", part? / whole?))
}

fn with(count: f64, note: Option<String>) -> String {
    grouped(count) + &note.map(|note| format!(" ({note})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bench_core::measured::PROTO;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_what_was_measured() {
        let row = |case: &str, name: &str, count: u32| {
            json!({ "case": case, "name": name, "instructions": count, "own_instructions": count,
                "nanoseconds": count, "allocations": 0 })
        };
        let rows = ["server, minimal", "server, Chrome", "server, 60 fields", CLIENT]
            .map(|case| [row(case, FLOOR_A, 2000), row(case, FLOOR_B, 1000), row(case, PROTO, 1200)]);
        let tables = tables(&json!({ "handshakes": rows.concat() }));
        let [servers, times, clients] = &tables[..] else { panic!("{} tables", tables.len()) };
        let servers = servers.to_string();
        assert!(servers.contains("| floor B | 1,000 | 1,000 | 1,000 | 0 |"), "{servers}");
        assert!(servers.contains("| 1,200 (1.20) | 1,200 (1.20) | 1,200 (1.20) | 0 |"), "{servers}");
        assert!(times.to_string().contains("| 0.60 | 0.60 | 0.60 |"), "{times}");
        assert!(clients.to_string().contains("| 1,200 | 0.60 | 1.20 | 0 |"), "{clients}");
    }
}
