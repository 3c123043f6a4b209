//! What `deploy/kubernetes.yaml` says, as far as the restart depends on it.

use std::time::Duration;

use yaml_rust2::{Yaml, YamlLoader};

use crate::examples::Server;

/// What the file says.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) replicas: usize,
    /// The command line.
    arguments: Vec<String>,
    /// The target of the readiness probe.
    pub(super) health: String,
    /// The target that Prometheus asks for.
    pub(super) metrics: String,
    /// The time from the decision that a pod ends to SIGTERM.
    pub(super) pre_stop: Duration,
    /// The time for established connections to end.
    pub(super) drain: Duration,
    /// The time from the decision that a pod ends to SIGKILL.
    pub(super) grace: Duration,
}

/// The time that a server needs besides its drain deadline, for the answers to its Close.
const FAREWELL: Duration = Duration::from_secs(3);

impl Plan {
    /// Reads the file. The error says what is missing, or what does not fit together.
    pub(super) fn read(file: &str) -> Result<Self, String> {
        let documents = YamlLoader::load_from_str(file).map_err(|error| error.to_string())?;
        let [deployment, service] = &documents[..] else { return Err("not two documents".into()) };
        let spec = &deployment["spec"];
        let template = &spec["template"];
        let pod = &template["spec"];
        let [container] = list(&pod["containers"]) else { return Err("not one container".into()) };
        let arguments = list(&container["args"]).iter().map(|argument| text(argument).to_owned());
        let arguments: Vec<String> = arguments.collect();
        let after = |flag: &str| {
            let position = arguments.iter().position(|argument| argument == flag);
            let value = position.and_then(|position| arguments.get(position + 1));
            value.ok_or_else(|| format!("no {flag} in the arguments"))
        };
        let (_, port) = after("--listen")?.rsplit_once(':').ok_or("--listen has no port")?;
        let drain = after("--drain")?.parse().map_err(|error| format!("--drain: {error}"))?;
        let [open] = list(&container["ports"]) else { return Err("not one port".into()) };
        let [served] = list(&service["spec"]["ports"]) else {
            return Err("not one port of the service".into());
        };
        let probe = &container["readinessProbe"]["httpGet"];
        let scrape =
            |what: &str| text(&template["metadata"]["annotations"][&*format!("prometheus.io/{what}")]);
        let rolling = &spec["strategy"]["rollingUpdate"];
        let selected = [&spec["selector"]["matchLabels"], &service["spec"]["selector"]];
        let facts = [
            ("the program is serve", list(&container["command"]).iter().map(text).eq([Server::Serve.name()])),
            ("the port is the one of --listen", open["containerPort"].as_i64() == port.parse().ok()),
            ("the probe asks at this port", probe["port"] == open["name"]),
            ("the service leads to this port", served["targetPort"] == open["name"]),
            ("metrics are asked for at this port", scrape("scrape") == "true" && scrape("port") == port),
            ("the labels fit", selected.iter().all(|labels| **labels == template["metadata"]["labels"])),
            (
                "one more, none less",
                rolling["maxSurge"].as_i64() == Some(1) && rolling["maxUnavailable"].as_i64() == Some(0),
            ),
            ("the signal is SIGTERM", container["lifecycle"]["stopSignal"].is_badvalue()),
        ];
        if let Some((fact, _)) = facts.iter().find(|(_, holds)| !holds) {
            return Err(format!("it is not so that {fact}"));
        }
        let plan = Self {
            replicas: number(&spec["replicas"])?.try_into().map_err(|_| "too many replicas")?,
            health: text(&probe["path"]).to_owned(),
            metrics: scrape("path").to_owned(),
            pre_stop: seconds(&container["lifecycle"]["preStop"]["sleep"]["seconds"])?,
            drain: Duration::from_secs(drain),
            grace: seconds(&pod["terminationGracePeriodSeconds"])?,
            arguments,
        };
        if plan.pre_stop + plan.drain + FAREWELL > plan.grace {
            return Err(format!("it is killed too early: {plan:?}"));
        }
        Ok(plan)
    }

    /// Returns the command line with another address and drain deadline.
    pub(super) fn arguments(&self, listen: &str, drain: Duration) -> Vec<String> {
        let mut arguments = self.arguments.clone();
        for at in 1..arguments.len() {
            match arguments[at - 1].as_str() {
                "--listen" => listen.clone_into(&mut arguments[at]),
                "--drain" => arguments[at] = drain.as_secs().to_string(),
                _ => {}
            }
        }
        arguments
    }
}

fn list(yaml: &Yaml) -> &[Yaml] {
    yaml.as_vec().map_or(&[], Vec::as_slice)
}

fn text(yaml: &Yaml) -> &str {
    yaml.as_str().unwrap_or_default()
}

fn number(yaml: &Yaml) -> Result<u64, String> {
    yaml.as_i64().and_then(|number| number.try_into().ok()).ok_or_else(|| format!("{yaml:?} is no number"))
}

fn seconds(yaml: &Yaml) -> Result<Duration, String> {
    number(yaml).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_fits_together_and_every_change_is_noticed() {
        let file = super::super::FILE;
        let plan = Plan::read(file).unwrap();
        assert_eq!((plan.replicas, &*plan.health, &*plan.metrics), (3, "/health", "/metrics"));
        let arguments = plan.arguments("127.0.0.1:0", Duration::from_secs(1)).join(" ");
        assert_eq!(arguments, "--listen 127.0.0.1:0 --same-origin --metrics --drain 1");
        for (from, to) in [
            ("replicas: 3", "replicas: many"),
            ("maxSurge: 1", "maxSurge: 0"),
            ("maxUnavailable: 0", "maxUnavailable: 1"),
            ("labels: { app: websocket }", "labels: { app: other }"),
            ("prometheus.io/port: \"9001\"", "prometheus.io/port: \"9002\""),
            ("terminationGracePeriodSeconds: 45", "terminationGracePeriodSeconds: 37"),
            ("command: [serve]", "command: [other]"),
            ("0.0.0.0:9001", "0.0.0.0:9002"),
            ("--drain", "--other"),
            ("containerPort: 9001", "containerPort: 9002"),
            ("path: /health, port: http", "path: /health, port: 9002"),
            ("sleep: { seconds: 5 }", "exec: { command: [sleep, \"5\"] }"),
            ("            preStop:", "            stopSignal: SIGINT\n            preStop:"),
            ("targetPort: http", "targetPort: 80"),
        ] {
            let changed = file.replacen(from, to, 1);
            assert_ne!(changed, file, "{from} is not in the file");
            Plan::read(&changed).expect_err(to);
        }
    }
}
