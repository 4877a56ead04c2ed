//! `db`, the database as a step sees it. Everything happens in the conductor's transaction; nothing here begins, commits or rolls back.

use super::functions;
use super::run::method;
use super::sql_error::{refuse, thrown};
use super::state::State;
use super::trouble::throw;
use super::values::{Unreadable, int64, to_js};
use super::{bind, lent::Loan};
use crate::sql::statements;
use rquickjs::{Array, Atom, Ctx, Function, Object, Value};
use rusqlite::{CachedStatement, Row};
use std::rc::Rc;

/// One call of a method: who calls, on what.
struct Call<'a, 'js> {
    ctx: &'a Ctx<'js>,
    state: &'a Rc<State>,
    step: &'a str,
    sql: &'a str,
    given: &'a [Value<'js>],
}

type Method = for<'a, 'js> fn(&Call<'a, 'js>) -> rquickjs::Result<Value<'js>>;

/// What can be done with a statement, on `db` with its text and on a prepared statement without.
const METHODS: [(&str, Method); 4] = [("query", query), ("get", get), ("each", each), ("run", run)];

/// `db` of one step.
pub fn object<'js>(ctx: &Ctx<'js>, state: &Rc<State>, step: &str) -> rquickjs::Result<Object<'js>> {
    let db = Object::new(ctx.clone())?;
    for (name, run) in METHODS {
        let (state, step) = (state.clone(), step.to_owned());
        method(ctx, &db, name, move |ctx, given| {
            let sql = sql(ctx, given, name)?;
            run(&Call {
                ctx,
                state: &state,
                step: &step,
                sql: &sql,
                given: &given[1..],
            })
        })?;
    }
    let (shared, place) = (state.clone(), step.to_owned());
    method(ctx, &db, "exec", move |ctx, given| {
        exec(ctx, &shared, &place, &sql(ctx, given, "exec")?)
    })?;
    let (shared, place) = (state.clone(), step.to_owned());
    method(ctx, &db, "prepare", move |ctx, given| {
        prepare(ctx, &shared, &place, &sql(ctx, given, "prepare")?).map(Object::into_value)
    })?;
    let (shared, place) = (state.clone(), step.to_owned());
    method(ctx, &db, "define", move |ctx, given| functions::define(ctx, &shared, &place, given))?;
    Ok(db)
}

fn sql<'js>(ctx: &Ctx<'js>, given: &[Value<'js>], name: &str) -> rquickjs::Result<String> {
    match given.first().and_then(Value::as_string) {
        Some(sql) => sql.to_string(),
        None => Err(throw(ctx, &format!("db.{name}() wants SQL text first"))),
    }
}

/// A prepared statement holds its text; the connection's cache holds what was prepared.
fn prepare<'js>(ctx: &Ctx<'js>, state: &Rc<State>, step: &str, sql: &str) -> rquickjs::Result<Object<'js>> {
    let call = Call {
        ctx,
        state,
        step,
        sql,
        given: &[],
    };
    with(&call, |loan| prepared(&call, loan).map(|_| ()))?;
    let statement = Object::new(ctx.clone())?;
    statement.set("sql", sql)?;
    for (name, run) in METHODS {
        let (state, step, sql) = (state.clone(), step.to_owned(), sql.to_owned());
        method(ctx, &statement, name, move |ctx, given| {
            run(&Call {
                ctx,
                state: &state,
                step: &step,
                sql: &sql,
                given,
            })
        })?;
    }
    Ok(statement)
}

/// Uses the connection, where that is allowed now.
fn with<'js, R>(call: &Call<'_, 'js>, run: impl FnOnce(&Loan<'_>) -> rquickjs::Result<R>) -> rquickjs::Result<R> {
    if call.state.over() {
        return Err(throw(call.ctx, "the step has ended"));
    }
    if call.state.chain.functions.get() > 0 {
        return Err(throw(
            call.ctx,
            "a function for SQL computes from its arguments alone: it may not use db",
        ));
    }
    match call.state.chain.lent.with(run) {
        Some(result) => result,
        None => Err(throw(call.ctx, "the step has ended: its db cannot be used any more")),
    }
}

fn prepared<'c>(call: &Call<'_, '_>, loan: &Loan<'c>) -> rquickjs::Result<CachedStatement<'c>> {
    match statements(call.sql).len() {
        1 => {}
        0 => return Err(throw(call.ctx, "the SQL text holds no statement")),
        many => {
            let message = format!("the SQL text holds {many} statements: give them one at a time, or use db.exec()");
            return Err(throw(call.ctx, &message));
        }
    }
    let made = loan.connection.prepare_cached(call.sql);
    made.map_err(|e| thrown(call.ctx, call.state, call.step, loan, call.sql, &e))
}

/// Prepares, binds, and gives every row to `take` until it says stop.
fn rows<'js>(call: &Call<'_, 'js>, loan: &Loan<'_>, take: &mut dyn FnMut(&Row<'_>) -> rquickjs::Result<bool>) -> rquickjs::Result<()> {
    let was_open = !loan.connection.is_autocommit();
    let mut statement = prepared(call, loan)?;
    bind::bind(call.ctx, &mut statement, call.given.first()).map_err(|message| throw(call.ctx, &message))?;
    let mut rows = statement.raw_query();
    loop {
        match rows.next() {
            Ok(Some(row)) if take(row)? => {}
            Ok(_) => break,
            Err(e) => return Err(thrown(call.ctx, call.state, call.step, loan, call.sql, &e)),
        }
        if call.state.over() {
            return Err(throw(call.ctx, "the step has ended"));
        }
    }
    drop(rows);
    if was_open && loan.connection.is_autocommit() {
        return Err(refuse(
            call.ctx,
            call.state,
            call.step,
            call.sql,
            "it ended the transaction that holds all steps",
        ));
    }
    Ok(())
}

fn query<'js>(call: &Call<'_, 'js>) -> rquickjs::Result<Value<'js>> {
    with(call, |loan| {
        let found = Array::new(call.ctx.clone())?;
        let mut shape = None;
        let mut n = 0;
        rows(call, loan, &mut |row| {
            found.set(n, object_of(call, &mut shape, row)?)?;
            n += 1;
            Ok(true)
        })?;
        Ok(found.into_value())
    })
}

fn get<'js>(call: &Call<'_, 'js>) -> rquickjs::Result<Value<'js>> {
    with(call, |loan| {
        let mut found = Value::new_undefined(call.ctx.clone());
        rows(call, loan, &mut |row| {
            found = object_of(call, &mut None, row)?.into_value();
            Ok(false)
        })?;
        Ok(found)
    })
}

/// One row at a time, so that memory does not grow with the table.
fn each<'js>(call: &Call<'_, 'js>) -> rquickjs::Result<Value<'js>> {
    let Some((last, before)) = call.given.split_last() else {
        return Err(throw(call.ctx, "each() wants a function that is given the rows"));
    };
    let Some(function) = last.as_function() else {
        return Err(throw(
            call.ctx,
            "each() wants a function that is given the rows as its last argument",
        ));
    };
    let call = &Call { given: before, ..*call };
    with(call, |loan| {
        let mut shape = None;
        let mut n = 0_u32;
        rows(call, loan, &mut |row| {
            n = n.saturating_add(1);
            let returned: Value<'js> = Function::call(function, (object_of(call, &mut shape, row)?,))?;
            match returned.is_promise() {
                true => Err(throw(
                    call.ctx,
                    "each() does not wait for promises: give it a function that is not async",
                )),
                false => Ok(true),
            }
        })?;
        Ok(Value::new_number(call.ctx.clone(), f64::from(n)))
    })
}

fn run<'js>(call: &Call<'_, 'js>) -> rquickjs::Result<Value<'js>> {
    with(call, |loan| {
        let before = loan.connection.total_changes();
        rows(call, loan, &mut |_| Ok(true))?;
        // SQLite keeps the count of the last statement that changed rows; this one may be of another kind.
        let changed = loan.connection.total_changes() != before;
        let changes = if changed { loan.connection.changes() } else { 0 };
        let done = Object::new(call.ctx.clone())?;
        done.set("changes", int64(call.ctx, i64::try_from(changes).unwrap_or(i64::MAX))?)?;
        done.set("lastInsertRowid", int64(call.ctx, loan.connection.last_insert_rowid())?)?;
        Ok(done.into_value())
    })
}

fn exec<'js>(ctx: &Ctx<'js>, state: &Rc<State>, step: &str, sql: &str) -> rquickjs::Result<Value<'js>> {
    for statement in statements(sql) {
        run(&Call {
            ctx,
            state,
            step,
            sql: statement.text,
            given: &[],
        })?;
    }
    Ok(Value::new_undefined(ctx.clone()))
}

/// A row as an object. `shape` keeps the names of the columns from row to row.
fn object_of<'js>(call: &Call<'_, 'js>, shape: &mut Option<Vec<Atom<'js>>>, row: &Row<'_>) -> rquickjs::Result<Object<'js>> {
    let names = match shape {
        Some(names) => names,
        None => shape.insert(names(call, row)?),
    };
    call.state.count_row();
    let object = Object::new(call.ctx.clone())?;
    for (at, name) in names.iter().enumerate() {
        let value = row
            .get_ref(at)
            .map_err(|e| throw(call.ctx, &format!("column {} cannot be read: {e}", at + 1)))?;
        let value = to_js(call.ctx, value).map_err(|trouble| match trouble {
            Unreadable::Engine(error) => error,
            Unreadable::Text => {
                let name = name.to_string().unwrap_or_default();
                throw(
                    call.ctx,
                    &format!("the column “{name}” holds text that is not UTF-8: read it as CAST({name} AS BLOB)"),
                )
            }
        })?;
        object.set(name.clone(), value)?;
    }
    Ok(object)
}

fn names<'js>(call: &Call<'_, 'js>, row: &Row<'_>) -> rquickjs::Result<Vec<Atom<'js>>> {
    let statement: &rusqlite::Statement<'_> = row.as_ref();
    let names: Vec<&str> = statement.column_names().collect();
    for (at, name) in names.iter().enumerate() {
        if *name == "__proto__" || names[..at].contains(name) {
            let message = format!("two columns of the row are called “{name}”, or a row cannot have that name: name them with AS");
            return Err(throw(call.ctx, &message));
        }
    }
    names.into_iter().map(|name| Atom::from_str(call.ctx.clone(), name)).collect()
}
