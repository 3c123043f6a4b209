//! Finds out which process listens where, on Linux. It identifies a proxy that has no answer of its own.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

/// Returns whether this process, and no other one, listens at all of these IPv4 addresses.
pub(crate) fn listens(process: u32, at: &[SocketAddr]) -> io::Result<bool> {
    let table = fs::read_to_string("/proc/net/tcp")?;
    let sockets = sockets_of(process)?;
    let own = table.lines().filter_map(listener).filter(|(_, socket)| sockets.contains(socket));
    let own: BTreeSet<SocketAddr> = own.map(|(address, _)| address).collect();
    Ok(at.iter().all(|address| own.contains(address)))
}

/// Returns the address and the socket of a line, if it describes a listening socket.
fn listener(line: &str) -> Option<(SocketAddr, String)> {
    const LISTENS: &str = "0A";
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [_, address, _, LISTENS, _, _, _, _, _, socket, ..] = columns[..] else { return None };
    let (host, port) = address.split_once(':')?;
    // The bytes are in network order, printed as a number of this machine.
    let host = Ipv4Addr::from(u32::from_str_radix(host, 16).ok()?.to_ne_bytes());
    Some(((host, u16::from_str_radix(port, 16).ok()?).into(), socket.to_owned()))
}

fn sockets_of(process: u32) -> io::Result<BTreeSet<String>> {
    let descriptors = fs::read_dir(format!("/proc/{process}/fd"))?;
    // A descriptor that was closed meanwhile does not count.
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let socket = |target: std::path::PathBuf| {
        Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
    };
    Ok(targets.filter_map(socket).collect())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;
    use std::process;

    use super::*;

    #[test]
    fn knows_our_own_listeners_alone() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        assert!(listens(process::id(), &[address]).unwrap());
        let elsewhere = SocketAddr::new(Ipv4Addr::new(127, 0, 0, 2).into(), address.port());
        assert!(!listens(process::id(), &[address, elsewhere]).unwrap());
        // The parent process does not listen at our address.
        assert!(!listens(std::os::unix::process::parent_id(), &[address]).unwrap_or_default());
    }
}
