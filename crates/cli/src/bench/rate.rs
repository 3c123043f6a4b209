//! A rate on the command line: `500/s`, `90/m`, and a plain number for each second.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// So many a second at most: above this, the times between two beginnings can't be kept.
const MOST: f64 = 1e6;

/// How many handshakes begin in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate(f64);

impl Rate {
    pub(crate) fn per_second(self) -> f64 {
        self.0
    }

    /// When the handshake with this index is due, counted from the first one.
    pub(crate) fn due(self, index: u64) -> Duration {
        // Exact up to 2^53 handshakes.
        #[allow(clippy::cast_precision_loss)]
        Duration::try_from_secs_f64(index as f64 / self.0).unwrap_or(Duration::MAX)
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (number, seconds) = match text.split_once('/') {
            None => (text, 1.0),
            Some((number, "s" | "sec" | "second")) => (number, 1.0),
            Some((number, "m" | "min" | "minute")) => (number, 60.0),
            Some((number, "h" | "hour")) => (number, 3600.0),
            Some(_) => return Err("expected a rate such as 500/s, 90/m or 10/h"),
        };
        let number: f64 = number.parse().map_err(|_| "expected a rate such as 500/s or 90/m")?;
        let rate = number / seconds;
        if rate > 0.0 && rate <= MOST {
            Ok(Self(rate))
        } else {
            Err("expected a rate above 0, up to 1000000/s")
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(rate) = self;
        if *rate >= 1.0 { write!(f, "{rate}/s") } else { write!(f, "{}/m", rate * 60.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_so_many_in_a_time() {
        for (text, rate) in [("500/s", 500.0), ("90/m", 1.5), ("2", 2.0), ("0.5/s", 0.5), ("3600/h", 1.0)] {
            assert_eq!(text.parse(), Ok(Rate(rate)), "{text}");
        }
        for text in ["", "0", "-1/s", "1/d", "x/s", "inf", "NaN", "1e9/s", "1/s/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        assert_eq!((Rate(250.0).due(0), Rate(250.0).due(500)), (Duration::ZERO, Duration::from_secs(2)));
    }
}
