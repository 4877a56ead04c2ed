//! Values between SQLite and JavaScript. Nothing changes on the way without being refused: an integer beyond 2⁵³ is a BigInt, text that is
//! not UTF-8 is an error, NaN is an error because SQLite would keep it as NULL.
#![allow(unsafe_code, reason = "the bytes of a blob lie in the engine's memory")]

use rquickjs::convert::Coerced;
use rquickjs::{BigInt, Ctx, IntoJs, Type, TypedArray, Value};
use rusqlite::types::{Value as Sql, ValueRef};

/// The largest integer that a number holds exactly, with all below it: 2⁵³ − 1.
const SAFE: i64 = (1 << 53) - 1;

/// For SQLite. The error says what is wrong with the value and what to give instead; the caller says which value it is.
pub fn to_sql<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Sql, String> {
    match value.type_of() {
        Type::Null => Ok(Sql::Null),
        Type::Undefined | Type::Uninitialized => Err("is undefined: give null for NULL".to_owned()),
        Type::Bool => Ok(Sql::Integer(i64::from(value.as_bool().unwrap_or(false)))),
        Type::Int => Ok(Sql::Integer(i64::from(value.as_int().unwrap_or(0)))),
        Type::Float => number(value.as_float().unwrap_or(f64::NAN)),
        Type::BigInt => integer(ctx, value),
        Type::String => match value.as_string().map(rquickjs::String::to_string) {
            Some(Ok(text)) => Ok(Sql::Text(text)),
            _ => Err("is text with half of a surrogate pair, which is no character".to_owned()),
        },
        Type::Promise => Err("is a promise: await it first".to_owned()),
        _ => blob(value).ok_or_else(|| {
            format!(
                "is {}, which SQLite cannot keep: give null, a boolean, a number, a BigInt, a string or a Uint8Array",
                kind(value)
            )
        }),
    }
}

fn number(number: f64) -> Result<Sql, String> {
    if number.is_nan() {
        return Err("is NaN, which SQLite would keep as NULL: give null, or a number".to_owned());
    }
    #[allow(clippy::cast_precision_loss, reason = "the bound is exact")]
    if number.fract() == 0.0 && number.abs() <= SAFE as f64 {
        #[allow(clippy::cast_possible_truncation, reason = "it is integral and within the bound")]
        return Ok(Sql::Integer(number as i64));
    }
    Ok(Sql::Real(number))
}

fn integer<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Sql, String> {
    // The engine's own conversion would wrap around.
    let digits = super::trouble::text(ctx, value).unwrap_or_default();
    digits
        .parse()
        .map(Sql::Integer)
        .map_err(|_| format!("is {}, beyond the 64 bits of an SQLite integer", super::trouble::cut(&digits)))
}

fn blob(value: &Value<'_>) -> Option<Sql> {
    let object = value.as_object()?;
    let length: usize = match (object.as_typed_array::<u8>(), object.as_array_buffer()) {
        (Some(_), _) => object.get("length").ok()?,
        (None, Some(_)) => object.get("byteLength").ok()?,
        (None, None) => return None,
    };
    // The engine has no address for no bytes.
    if length == 0 {
        return Some(Sql::Blob(Vec::new()));
    }
    let array = object.as_typed_array::<u8>();
    // SAFETY: the bytes are copied before the engine runs again.
    let copied = unsafe {
        match array {
            Some(array) => array.as_bytes().map(<[u8]>::to_vec),
            None => object.as_array_buffer()?.as_bytes().map(<[u8]>::to_vec),
        }
    };
    copied.map(Sql::Blob)
}

fn kind(value: &Value<'_>) -> String {
    match value.type_of() {
        Type::Object | Type::Exception | Type::Proxy => value
            .as_object()
            .and_then(|o| o.get::<_, rquickjs::Object<'_>>("constructor").ok())
            .and_then(|c| c.get::<_, Coerced<String>>("name").ok())
            .map_or_else(|| "an object".to_owned(), |name| format!("an object ({})", name.0)),
        Type::Array => "an array".to_owned(),
        Type::Symbol => "a symbol".to_owned(),
        _ => "a function".to_owned(),
    }
}

/// For the script. The error says what is wrong with the value.
pub fn to_js<'js>(ctx: &Ctx<'js>, value: ValueRef<'_>) -> Result<Value<'js>, Unreadable> {
    let made = match value {
        ValueRef::Null => Ok(Value::new_null(ctx.clone())),
        ValueRef::Integer(n) => return int64(ctx, n).map_err(Unreadable::Engine),
        ValueRef::Real(n) => Ok(Value::new_float(ctx.clone(), n)),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.into_js(ctx),
            Err(_) => return Err(Unreadable::Text),
        },
        ValueRef::Blob(bytes) => TypedArray::<u8>::new_copy(ctx.clone(), bytes).map(TypedArray::into_value),
    };
    made.map_err(Unreadable::Engine)
}

/// A number where it is exact, else a BigInt.
pub fn int64<'js>(ctx: &Ctx<'js>, n: i64) -> rquickjs::Result<Value<'js>> {
    match i32::try_from(n) {
        Ok(small) => Ok(Value::new_int(ctx.clone(), small)),
        #[allow(clippy::cast_precision_loss, reason = "within the bound it is exact")]
        Err(_) if (-SAFE..=SAFE).contains(&n) => Ok(Value::new_float(ctx.clone(), n as f64)),
        Err(_) => BigInt::from_i64(ctx.clone(), n).map(BigInt::into_value),
    }
}

/// Why a value cannot be given to a script.
pub enum Unreadable {
    /// Text that is not UTF-8.
    Text,
    /// The engine failed, mostly for want of memory.
    Engine(rquickjs::Error),
}
