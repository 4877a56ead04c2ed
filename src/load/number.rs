//! Numbers as they are written, and whether SQLite can keep them as they are. It never rounds.

/// A number that was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number of 64 bits.
    Int(i64),
    /// Written with a point or an exponent, and kept by a double to its last digit.
    Real(f64),
    /// More digits than can be kept.
    Inexact,
}

/// How infinity is written: JSON has no word for it, and every reader of doubles takes this for it.
pub const INFINITY: &str = "9e999";

impl Number {
    /// Reads a number in the grammar of JSON; `None` for anything else (`007`, `+5`, ` 5`, `.5`, `0x10`).
    pub fn parse(text: &str) -> Option<Number> {
        let parts = Parts::of(text)?;
        if text.strip_prefix('-').unwrap_or(text) == INFINITY {
            return Some(Number::Real(if parts.negative { f64::NEG_INFINITY } else { f64::INFINITY }));
        }
        if parts.fraction.is_empty() && parts.exponent.is_none() {
            return Some(text.parse().map_or(Number::Inexact, Number::Int));
        }
        let real: f64 = text.parse().ok()?;
        Some(if parts.is_kept_by(real) {
            Number::Real(real)
        } else {
            Number::Inexact
        })
    }
}

struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Parts<'a>> {
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let negative = text.starts_with('-');
        let rest = &text[usize::from(negative)..];
        let (number, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        if let Some(exponent) = exponent {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if unsigned.is_empty() || !digits(unsigned) {
                return None;
            }
        }
        let (whole, fraction) = match number.split_once('.') {
            Some((_, "")) => return None,
            Some(both) => both,
            None => (number, ""),
        };
        let plain = !whole.is_empty() && digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'));
        plain.then_some(Parts {
            negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// Whether the double, written with as many digits, is what was written.
    fn is_kept_by(&self, real: f64) -> bool {
        let all = [self.whole, self.fraction].concat();
        let written = all.trim_start_matches('0');
        if written.is_empty() {
            return true;
        }
        // Fifteen digits always survive, but for the smallest and the largest doubles.
        if written.len() <= 15 && (1e-290..1e290).contains(&real.abs()) {
            return true;
        }
        // No double has more significant digits than this, and nobody writes them.
        if !real.is_finite() || real == 0.0 || written.len() > 800 {
            return false;
        }
        // Either the double's own digits, so many of them, or the fewest that stand for it: they differ where two are equally near.
        let power = self.power(all.len() - written.len());
        let same = |kept: String| {
            let (digits, exponent) = kept.split_once('e').unwrap_or((&kept, "0"));
            let digits = digits.bytes().filter(u8::is_ascii_digit);
            digits.eq(written.bytes()) && exponent.parse() == Ok(power)
        };
        same(format!("{:.*e}", written.len() - 1, real.abs())) || same(format!("{:e}", real.abs()))
    }

    /// The power of ten of the first digit that is not 0.
    fn power(&self, zeros: usize) -> i64 {
        let exponent: i64 = self.exponent.map_or(0, |e| e.parse().unwrap_or(i64::from(i32::MAX)));
        self.whole.len() as i64 - 1 - zeros as i64 + exponent
    }
}

/// Whether SQLite takes a text for a number where a column is for numbers: <https://sqlite.org/datatype3.html#type_affinity>.
pub fn looks_numeric(text: &str) -> bool {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    // SQLite reads to the first NUL and would lose what follows a number.
    let text = text.split('\0').next().unwrap_or_default().trim_matches(blank);
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let exponent = exponent.is_none_or(|e| {
        let unsigned = e.strip_prefix(['+', '-']).unwrap_or(e);
        !unsigned.is_empty() && digits(unsigned)
    });
    whole.len() + fraction.len() > 0 && digits(whole) && digits(fraction) && exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_or_refused() {
        for (text, expected) in [
            ("0", Some(Number::Int(0))),
            ("-9223372036854775808", Some(Number::Int(i64::MIN))),
            ("9223372036854775807", Some(Number::Int(i64::MAX))),
            ("9223372036854775808", Some(Number::Inexact)),
            ("123456789012345678901234567890", Some(Number::Inexact)),
            ("1.5", Some(Number::Real(1.5))),
            ("1e3", Some(Number::Real(1000.0))),
            ("0.1", Some(Number::Real(0.1))),
            ("0.10000000000000001", Some(Number::Real(0.1))),
            ("12345678901234567.89", Some(Number::Inexact)),
            ("1009612568653087.3", Some(Number::Real(1_009_612_568_653_087.3))),
            ("1009612568653087.2", Some(Number::Real(1_009_612_568_653_087.3))),
            ("1009612568653087.45", Some(Number::Inexact)),
            ("1e999", Some(Number::Inexact)),
            ("1e-999", Some(Number::Inexact)),
            ("5e-324", Some(Number::Real(5e-324))),
            ("1.7976931348623157e308", Some(Number::Real(f64::MAX))),
            ("-9e999", Some(Number::Real(f64::NEG_INFINITY))),
            ("0.0", Some(Number::Real(0.0))),
            ("007", None),
            ("+5", None),
            (".5", None),
            ("5.", None),
            (" 5", None),
            ("0x10", None),
            ("", None),
            ("-", None),
            ("1e", None),
        ] {
            assert_eq!(Number::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_number_to_sqlite_does_so_here() {
        let connection = rusqlite::Connection::open_in_memory().expect("memory");
        connection.execute_batch("CREATE TABLE t(a NUMERIC)").expect("table");
        let mut wrong = Vec::new();
        for text in [
            "7", "007", "+5", " 5", "5 ", ".5", "5.", "1e3", "1e", "e3", "0x10", ".", "", " ", "-", "1_0", "5a", "\t5\n", "9e999", "inf",
            "nan", "1.5e+3", "--5", "+ 5", "\u{a0}5", "5\0", "5\0a", "5\0\0", "\0", "\u{0}5", "5 \0", "5\0 6", "1.5\0x", "1e3\0",
            "a\u{0}5",
        ] {
            connection.execute("DELETE FROM t", []).expect("delete");
            connection.execute("INSERT INTO t VALUES (?1)", [text]).expect("insert");
            let stored: String = connection.query_row("SELECT typeof(a) FROM t", [], |r| r.get(0)).expect("type");
            if looks_numeric(text) != (stored != "text") {
                wrong.push(format!("{text:?} is stored as {stored}"));
            }
        }
        assert_eq!(wrong, [""; 0]);
    }
}
