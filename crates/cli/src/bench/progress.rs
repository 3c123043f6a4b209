//! The progress on standard error, where that is a terminal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::sleep;

use super::load::Load;
use super::opener::Opener;

/// The time between two views.
const REFRESH: Duration = Duration::from_millis(100);

/// Shows the progress until the returned future is dropped.
pub(crate) async fn show(load: Load, opener: Arc<Opener>, quiet: bool) {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let time = load.time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    // With both, the one that is nearer its end is shown.
    let bar = Gone(ProgressBar::with_draw_target(Some(1000), target));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
        bar.0.set_style(style);
    }
    let began = Instant::now();
    loop {
        let (established, failed, open) = {
            let numbers = opener.tally.numbers();
            (numbers.established(), numbers.failed, numbers.open)
        };
        let parts = [
            load.number.map(|number| permille(established + failed, number)),
            time.map(|time| permille(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX), time)),
        ];
        bar.0.set_position(parts.into_iter().flatten().max().unwrap_or_default());
        let held = if open > 0 { format!(", {open} held") } else { String::new() };
        bar.0.set_message(format!("{established} established, {failed} failed{held}"));
        sleep(REFRESH).await;
    }
}

fn permille(of: u64, all: u64) -> u64 {
    (of.saturating_mul(1000) / all.max(1)).min(1000)
}

/// Removes the bar from the terminal when it is dropped.
struct Gone(ProgressBar);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
