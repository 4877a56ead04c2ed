//! Values as they stand in samples: short, on one line, and masked if nobody is to read them.

use crate::masked::like;
use rusqlite::types::ValueRef;

/// So many characters of a text are shown.
const SHOWN: usize = 40;

/// A value for people; its form alone if `masked`.
pub fn shown(value: ValueRef<'_>, masked: bool) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => form(&number.to_string(), masked),
        ValueRef::Real(number) if number.is_infinite() => if number > 0.0 { "infinity" } else { "-infinity" }.to_owned(),
        ValueRef::Real(number) => form(&format!("{number:?}"), masked),
        ValueRef::Text(bytes) => format!("“{}”", text(bytes, masked)),
        ValueRef::Blob(bytes) => {
            let size = match bytes.len() {
                1 => "1 byte".to_owned(),
                number => format!("{number} bytes"),
            };
            let more = if bytes.len() > 8 { "…" } else { "" };
            let hex: String = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
            if masked { size } else { format!("{size}, x'{hex}{more}'") }
        }
    }
}

fn text(bytes: &[u8], masked: bool) -> String {
    // No character has more than four bytes.
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min((SHOWN + 1) * 4)]);
    let mut short = String::new();
    for (n, c) in head.chars().enumerate() {
        if n == SHOWN {
            short.push('…');
            break;
        }
        match c {
            '\0' => short += "\\0",
            c if c.is_control() => short.extend(c.escape_default()),
            c => short.push(if masked { like(c) } else { c }),
        }
    }
    short
}

fn form(number: &str, masked: bool) -> String {
    if masked { crate::masked::masked(number) } else { number.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_value_shows_its_form_alone() {
        let masked = |value| shown(value, true);
        assert_eq!(masked(ValueRef::Text("Zoë-17 @x".as_bytes())), "“Aaa-99 @a”");
        assert_eq!(masked(ValueRef::Integer(-120)), "-999");
        assert_eq!(masked(ValueRef::Real(1.5)), "9.9");
        assert_eq!(masked(ValueRef::Blob(b"secret")), "6 bytes");
        assert_eq!(masked(ValueRef::Null), "NULL");
    }

    #[test]
    fn a_value_is_short_and_on_one_line() {
        let plain = |value| shown(value, false);
        assert_eq!(plain(ValueRef::Text(b"a\nb\0c\xff")), "“a\\nb\\0c\u{fffd}”");
        let long = "é".repeat(1000);
        assert_eq!(plain(ValueRef::Text(long.as_bytes())), format!("“{}…”", "é".repeat(40)));
        assert_eq!(plain(ValueRef::Blob(&[7; 12])), "12 bytes, x'0707070707070707…'");
        assert_eq!(plain(ValueRef::Real(f64::INFINITY)), "infinity");
    }
}
