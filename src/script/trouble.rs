//! What went wrong in a script, and how a person is told: step, line, what happened, what to do.

use super::state::End;
use crate::failure::{Failure, Reason};
use rquickjs::convert::Coerced;
use rquickjs::{CaughtError, Ctx, Exception, Value};

/// How the engine's error begins where something is imported.
pub const UNLOADED: &str = "could not load module ";
/// Characters kept of a text that a script made.
const TEXT_CHARACTERS: usize = 500;

/// Trouble before it is known for whom the message is.
#[derive(Debug)]
pub struct Trouble {
    /// Decided and final, or what was thrown.
    pub end: End,
    /// The column, to tell which of two syntax errors came later.
    pub column: u32,
}

impl From<End> for Trouble {
    fn from(end: End) -> Trouble {
        Trouble { end, column: 0 }
    }
}

impl Trouble {
    /// A step that failed, without a line.
    pub fn new(text: impl Into<String>) -> Trouble {
        Trouble::from(End::new(Reason::StepFailed, text))
    }

    /// Takes the error that is pending in the engine, if it is one of the engine's.
    pub fn caught(ctx: &Ctx<'_>, error: rquickjs::Error, step: &str) -> Trouble {
        match CaughtError::from_error(ctx, error) {
            CaughtError::Exception(exception) => Trouble::exception(ctx, &exception, step),
            CaughtError::Value(value) => Trouble::thrown(ctx, &value, step),
            CaughtError::Error(error) => Trouble::new(error.to_string()),
        }
    }

    /// From a value that was thrown, or given to a callback.
    pub fn thrown<'js>(ctx: &Ctx<'js>, value: &Value<'js>, step: &str) -> Trouble {
        if let Some(exception) = value.as_object().and_then(|o| Exception::from_object(o.clone())) {
            return Trouble::exception(ctx, &exception, step);
        }
        let shown = match value.as_object() {
            Some(_) => json(ctx, value).unwrap_or_else(|| "an object".to_owned()),
            None => text(ctx, value).unwrap_or_else(|| "something".to_owned()),
        };
        Trouble::new(format!(
            "it threw “{}”, which is no Error and so does not tell its line: throw new Error(…)",
            cut(&shown)
        ))
    }

    fn exception(ctx: &Ctx<'_>, exception: &Exception<'_>, step: &str) -> Trouble {
        let get = |name: &str| read(ctx, exception.get::<_, Option<Coerced<String>>>(name)).flatten().map(|c| c.0);
        let message = get("message").unwrap_or_default();
        let kind = get("name").filter(|name| name != "Error" && name != "SqlError" && !name.is_empty());
        let stack = get("stack").unwrap_or_default();
        let mut end = match message.strip_prefix(UNLOADED) {
            Some(module) => End::new(Reason::StepRefused, imports(module)),
            None if message == "Maximum call stack size exceeded" => End::new(
                Reason::StepFailed,
                "its calls are nested deeper than the stack's limit allows (RangeError: Maximum call stack size exceeded)",
            ),
            None => End::new(
                Reason::StepFailed,
                match kind {
                    Some(kind) if message.is_empty() => kind,
                    Some(kind) => format!("{kind}: {message}"),
                    None if message.is_empty() => "an Error without a message".to_owned(),
                    None => message,
                },
            ),
        };
        end.text = cut(&end.text);
        end.statement = get("sql");
        // What an error's own class does to make it is not where it was thrown.
        let own = kind_frame(&stack, get("name").as_deref());
        let place = place(own, step);
        end.line = place.map(|(line, _)| line);
        let column = place.map_or(0, |(_, column)| column);
        Trouble { end, column }
    }

    /// For the person at the site.
    pub fn at_site(self, step: &str) -> Failure {
        let End {
            reason,
            text,
            line,
            statement,
            fields,
        } = self.end;
        if matches!(reason, Reason::Cancelled | Reason::SpaceShort) {
            return Failure::new(reason, text);
        }
        let failure = Failure::new(
            reason,
            format!(
                "The step failed at {}: {}. Ask those who made the update for a corrected one.",
                at(step, line),
                text.trim_end_matches('.')
            ),
        );
        with_fields(failure, step, line, statement, fields)
    }

    /// For the release manager, while packing.
    pub fn at_packing(self, step: &str) -> Failure {
        let End {
            text,
            line,
            statement,
            fields,
            ..
        } = self.end;
        let failure = Failure::new(
            Reason::PayloadInvalid,
            format!(
                "The step {} cannot run: {}. Correct it and pack again.",
                at(step, line),
                text.trim_end_matches('.')
            ),
        );
        with_fields(failure, step, line, statement, fields)
    }
}

fn with_fields(
    mut failure: Failure,
    step: &str,
    line: Option<u32>,
    statement: Option<String>,
    fields: serde_json::Map<String, serde_json::Value>,
) -> Failure {
    failure.fields = fields;
    failure = failure.with("step", step);
    if let Some(line) = line {
        failure = failure.with("line", line);
    }
    if let Some(statement) = statement {
        failure = failure.with("statement", cut(&statement));
    }
    failure
}

fn at(step: &str, line: Option<u32>) -> String {
    line.map_or_else(|| step.to_owned(), |line| format!("{step} line {line}"))
}

fn imports(module: &str) -> String {
    format!("it imports {module}: a step is one file, without modules, and has no access to files, network or processes")
}

/// The innermost frame of the step itself: its line and column.
pub fn place(stack: &str, step: &str) -> Option<(u32, u32)> {
    stack.match_indices(step).find_map(|(start, _)| {
        let rest = stack[start + step.len()..].strip_prefix(':')?;
        let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
        let line = numbers.next()?.parse().ok()?;
        Some((line, numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0)))
    })
}

/// The stack without the frames of the constructor of that name.
fn kind_frame<'s>(stack: &'s str, name: Option<&str>) -> &'s str {
    let Some(frame) = name.map(|name| format!("at {name} (")) else {
        return stack;
    };
    let mut rest = stack;
    while rest.trim_start().starts_with(&frame) {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest
}

/// Throws an Error that the script can catch.
pub fn throw(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    Exception::throw_message(ctx, message)
}

/// The script's line that is running.
pub fn here(ctx: &Ctx<'_>, step: &str) -> Option<u32> {
    let stack = read(ctx, ctx.eval::<String, _>("new Error().stack"))?;
    place(&stack, step).map(|(line, _)| line)
}

/// A value as a string, as JavaScript does it. That may run the script's own code, which may throw.
pub fn text(ctx: &Ctx<'_>, value: &Value<'_>) -> Option<String> {
    read(ctx, value.get::<Coerced<String>>()).map(|c| c.0)
}

/// A value as JSON.
pub fn json<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Option<String> {
    let json = read(ctx, ctx.json_stringify(value.clone()))??;
    read(ctx, json.to_string())
}

/// What cannot be read leaves no error behind.
fn read<T>(ctx: &Ctx<'_>, read: rquickjs::Result<T>) -> Option<T> {
    read.map_err(|error| {
        if error.is_exception() {
            ctx.catch();
        }
    })
    .ok()
}

/// Not more of it than a person reads.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARACTERS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
