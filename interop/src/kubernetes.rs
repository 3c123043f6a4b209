//! `deploy/kubernetes.yaml`, carried out as Kubernetes does it: the same command line, probe, signal and times, on
//! this machine. No handshake may fail, and no connection may be cut.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::examples::{Examples, Server};
use crate::load::Load;
use crate::process::Process;
use crate::relay::{Counters, join};
use crate::rolling::{ACCEPTED, DRAIN, PATIENCE, Restarted, drain, get, serve};

mod plan;

use plan::Plan;

const FILE: &str = include_str!("../../deploy/kubernetes.yaml");

/// The name of this restart.
pub(crate) const NAME: &str = "a service of Kubernetes";

/// Replaces one pod after the other. The error says what went wrong, with the counts.
pub(crate) fn run(ours: &Examples) -> Result<Restarted, String> {
    let start = Instant::now();
    let deadline = start + PATIENCE;
    let plan = Plan::read(FILE).map_err(|error| format!("deploy/kubernetes.yaml: {error}"))?;
    let service = Service::start().map_err(|error| format!("the service: {error}"))?;
    let mut pods = Vec::new();
    for _ in 0..plan.replicas {
        pods.push(plan.pod(ours, deadline)?);
        service.set(&pods);
    }
    let load = Load::start(service.address)?;
    for pod in &mut pods {
        pod.process.wait_for_complaint(ACCEPTED)?;
    }
    let mut drained = Vec::new();
    for _ in 0..plan.replicas {
        // `maxSurge: 1` and `maxUnavailable: 0`: the new one is ready before an old one ends.
        pods.push(plan.pod(ours, deadline)?);
        service.set(&pods);
        let mut old = pods.remove(0);
        // The hook runs from the moment at which the pod is to end. The service hears of it later.
        let asked = Instant::now();
        old.process.wait_until(|| asked.elapsed() >= plan.pre_stop / 2)?;
        service.set(&pods);
        old.process.wait_until(|| asked.elapsed() >= plan.pre_stop)?;
        drained.push(drain(&mut old.process, &load)?);
        // The file's drain deadline is longer than the one of this test, and so is the time until SIGKILL.
        let (took, longest) = (asked.elapsed() + plan.drain, plan.grace + DRAIN);
        if took > longest {
            return Err(format!(
                "a server would have been killed {:?} before it ended",
                took.abs_diff(longest)
            ));
        }
        let new = pods.last_mut().ok_or("no pod is left")?;
        new.process.wait_for_complaint(ACCEPTED)?;
    }
    let metrics =
        get(pods[0].address, &plan.metrics).map_err(|error| format!("{}: {error}", plan.metrics))?;
    if !metrics.contains("websocket_upgrade_handshakes_total{result=\"accepted\"") {
        return Err(format!("{} has no handshake:\n{metrics}", plan.metrics));
    }
    let counts = load.stop()?;
    Restarted { counts, drained, took: start.elapsed() }.judge()
}

/// A server that is ready.
struct Pod {
    process: Process,
    address: SocketAddr,
}

impl Plan {
    /// Starts a server, and waits until it is ready.
    fn pod(&self, ours: &Examples, deadline: Instant) -> Result<Pod, String> {
        let mut command = Command::new(ours.server(Server::Serve));
        let (mut process, address) = serve(command.args(self.arguments("127.0.0.1:0", DRAIN)), deadline)?;
        let is_ready = || get(address, &self.health).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "));
        process.wait_until(is_ready)?;
        Ok(Pod { process, address })
    }
}

/// Sends each connection to the next pod. It knows nothing of HTTP, and repeats nothing.
struct Service {
    address: SocketAddr,
    pods: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Service {
    fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let service = Self { address: listener.local_addr()?, pods: Arc::default() };
        let pods = Arc::clone(&service.pods);
        thread::spawn(move || {
            for (turn, client) in listener.incoming().map_while(Result::ok).enumerate() {
                let pod = {
                    let pods = lock(&pods);
                    pods[turn % pods.len()]
                };
                thread::spawn(move || {
                    // If a connection fails, the client sees it end and reports it.
                    let _ = TcpStream::connect(pod).map(|pod| join(&client, &pod, &Counters::default()));
                });
            }
        });
        Ok(service)
    }

    /// Sends new connections to these pods.
    fn set(&self, pods: &[Pod]) {
        *lock(&self.pods) = pods.iter().map(|pod| pod.address).collect();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
