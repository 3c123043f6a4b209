//! Times on the command line: `500ms`, `2s`, `1.5m`, and a plain number of seconds.

use std::time::Duration;

/// Reads a time.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| String::from("expected a time such as 500ms, 2s or 1m"))?;
    let seconds = match unit {
        "us" | "\u{b5}s" => 1e-6,
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("the unit {unit:?} is none of us, ms, s, m and h")),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

/// Reads a time above zero.
pub(crate) fn positive(text: &str) -> Result<Duration, String> {
    let time = parse(text)?;
    if time.is_zero() { Err(String::from("expected a time above 0")) } else { Ok(time) }
}

/// Shows a time with three digits and its unit, in at most 7 characters where it is less than a day.
pub(crate) fn short(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        _ if seconds < 0.000_999_5 => (seconds * 1e6, "\u{b5}s"),
        _ if seconds < 0.999_5 => (seconds * 1e3, "ms"),
        _ if seconds < 999.5 => (seconds, "s"),
        _ => (seconds / 60.0, "m"),
    };
    let digits = match value {
        _ if value < 9.995 => 2,
        _ if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_perhaps_a_unit() {
        let times =
            [("2", 2000), ("2s", 2000), ("500ms", 500), ("1.5m", 90_000), ("1h", 3_600_000), ("0", 0)];
        for (text, millis) in times {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1s", "1..2", "2d", "2 s", "1e9999", "inf", "99999999999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn three_digits_are_shown() {
        let times = [
            (1, "1.00 \u{b5}s"),
            (12_340, "12.3 ms"),
            (999_400, "999 ms"),
            (999_600, "1.00 s"),
            (61_000_000, "61.0 s"),
            (6_000_000_000, "100 m"),
        ];
        for (micros, text) in times {
            assert_eq!(short(Duration::from_micros(micros)), text);
        }
    }
}
