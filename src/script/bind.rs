//! Binds parameters: an array to `?`, an object to `:name`, `@name` and `$name`. What is too many or missing is an error, not NULL.

use super::values::to_sql;
use rquickjs::{Array, Ctx, Object, Value};
use rusqlite::Statement;

/// Binds all, or says what does not fit.
pub fn bind<'js>(ctx: &Ctx<'js>, statement: &mut Statement<'_>, given: Option<&Value<'js>>) -> Result<(), String> {
    let count = statement.parameter_count();
    match given.filter(|given| !given.is_undefined()) {
        None if count == 0 => Ok(()),
        None => Err(format!("the statement has {count} parameters and none is given")),
        Some(given) => match (given.as_array(), given.as_object()) {
            (Some(array), _) => positional(ctx, statement, array, count),
            (None, Some(object)) if !given.is_function() && object.as_typed_array::<u8>().is_none() => named(ctx, statement, object, count),
            _ => Err("parameters are given as an array, or as an object for named ones".to_owned()),
        },
    }
}

fn positional<'js>(ctx: &Ctx<'js>, statement: &mut Statement<'_>, given: &Array<'js>, count: usize) -> Result<(), String> {
    if given.len() != count {
        return Err(format!("the statement has {count} parameters and {} are given", given.len()));
    }
    for at in 1..=count {
        let value: Value<'js> = given.get(at - 1).map_err(|e| format!("parameter {at} cannot be read: {e}"))?;
        let value = to_sql(ctx, &value).map_err(|what| format!("parameter {at} {what}"))?;
        statement
            .raw_bind_parameter(at, value)
            .map_err(|e| format!("parameter {at}: {e}"))?;
    }
    Ok(())
}

fn named<'js>(ctx: &Ctx<'js>, statement: &mut Statement<'_>, given: &Object<'js>, count: usize) -> Result<(), String> {
    let mut known = Vec::new();
    for at in 1..=count {
        let Some(name) = statement.parameter_name(at).map(str::to_owned) else {
            return Err(format!("parameter {at} of the statement has no name: give an array"));
        };
        let bare = &name[1..];
        let read = |key: &str| {
            given
                .get::<_, Value<'js>>(key)
                .map_err(|e| format!("parameter {name} cannot be read: {e}"))
        };
        let has = |key: &str| given.contains_key(key).unwrap_or(false);
        let value = match (has(&name), has(bare)) {
            (true, _) => read(&name)?,
            (false, true) => read(bare)?,
            (false, false) => return Err(format!("the statement's parameter {name} is not given")),
        };
        let value = to_sql(ctx, &value).map_err(|what| format!("parameter {name} {what}"))?;
        statement
            .raw_bind_parameter(at, value)
            .map_err(|e| format!("parameter {name}: {e}"))?;
        known.push(name);
    }
    for key in given.keys::<String>() {
        let key = key.map_err(|e| format!("the parameters cannot be read: {e}"))?;
        if !known.iter().any(|name| *name == key || name[1..] == key) {
            return Err(format!("the statement has no parameter “{key}”"));
        }
    }
    Ok(())
}
