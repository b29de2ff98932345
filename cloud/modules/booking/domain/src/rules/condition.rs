//! What the parameters have no word for, in the Common Expression Language (<https://cel.dev>).
//!
//! **Invariant:** a condition costs no more than its length: it has no loops (CEL's macros over lists are refused), at
//! most [`CONDITION_CHARS_MAX`] characters, and calls only functions whose cost is that of their arguments. So what an
//! administrator saves cannot slow a booking down.

use std::sync::{Arc, LazyLock};

use cel::common::ast::{Expr, IdedExpr};
use cel::{Context, Env, Value};
use serde::{Deserialize, Serialize};

use super::CustomerKind;
use crate::PurposeKind;

/// A condition at most, in characters.
pub const CONDITION_CHARS_MAX: usize = 500;
/// Brackets within brackets at most, deeper than anybody reads: the parser takes up to 150 kB of the stack for each of
/// them, and its own limit comes too late.
const BRACKETS_MAX: usize = 4;
/// Operators within each other at most: working them out takes up to 30 kB of the stack for each.
const DEPTH_MAX: usize = 12;
/// Operators and functions that may be used, as CEL names them.
const FUNCTIONS: [&str; 20] = [
    "_&&_",
    "_||_",
    "!_",
    "_==_",
    "_!=_",
    "_<_",
    "_<=_",
    "_>_",
    "_>=_",
    "_+_",
    "_-_",
    "_*_",
    "_/_",
    "_%_",
    "-_",
    "_?_:_",
    "@in",
    "startsWith",
    "endsWith",
    "contains",
];

/// What a rule asks and what follows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// An expression over [`Facts`] that is true or false.
    pub when: String,
    /// What follows when it is true.
    pub then: Effect,
    /// Why, in words, for whoever books.
    pub say: String,
}

/// What follows from a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It is refused.
    Refuse,
    /// An officer decides.
    Approve,
}

/// What a condition can ask about. Each field is a name that stands in conditions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// How long the time is.
    pub minutes: u32,
    /// Its day, 1 is Monday.
    pub weekday: i8,
    /// Its date, `2026-12-24`.
    pub date: String,
    /// When it starts by the clock, `18:30`; compares as text.
    pub starts: String,
    /// How many days ahead it is booked.
    pub days_ahead: i64,
    /// Whether it is on a public holiday.
    pub holiday: bool,
    /// What for.
    pub purpose: PurposeKind,
    /// The sort of customer.
    pub customer: CustomerKind,
    /// The customer's price group; empty where there is none.
    pub group: String,
    /// Whether the customer has not booked before.
    pub new_customer: bool,
    /// How old whoever books is; 0 where that is not known.
    pub age: u8,
    /// How many take part; 0 where that is not said.
    pub persons: u32,
    /// How many times are booked at once.
    pub times: u32,
}

impl Facts {
    /// The names, in the order of the documentation.
    pub const NAMES: [&'static str; 13] = [
        "minutes",
        "weekday",
        "date",
        "starts",
        "days_ahead",
        "holiday",
        "purpose",
        "customer",
        "group",
        "new_customer",
        "age",
        "persons",
        "times",
    ];

    /// Whatever; for trying a condition when it is saved.
    fn example() -> Self {
        Self {
            minutes: 60,
            weekday: 1,
            date: "2026-11-23".to_owned(),
            starts: "18:00".to_owned(),
            days_ahead: 1,
            holiday: false,
            purpose: PurposeKind::Training,
            customer: CustomerKind::Person,
            group: String::new(),
            new_customer: false,
            age: 18,
            persons: 1,
            times: 1,
        }
    }

    fn context(&self) -> Context<'static, 'static> {
        /// What the language has by itself: the same for every condition of every booking.
        static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));
        let mut context = Context::with_env(Arc::clone(&LANGUAGE));
        let mut set = |name: &'static str, value: Value| context.add_variable_from_value(name, value);
        set("minutes", Value::Int(self.minutes.into()));
        set("weekday", Value::Int(self.weekday.into()));
        set("date", text(&self.date));
        set("starts", text(&self.starts));
        set("days_ahead", Value::Int(self.days_ahead));
        set("holiday", Value::Bool(self.holiday));
        set("purpose", text(self.purpose.key()));
        set("customer", text(self.customer.key()));
        set("group", text(&self.group));
        set("new_customer", Value::Bool(self.new_customer));
        set("age", Value::Int(self.age.into()));
        set("persons", Value::Int(self.persons.into()));
        set("times", Value::Int(self.times.into()));
        context
    }
}

fn text(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

/// Why a condition cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConditionError {
    /// Too long.
    #[error("has {chars} characters, at most {CONDITION_CHARS_MAX}")]
    TooLong {
        /// How long it is.
        chars: usize,
    },
    /// Too much in one condition.
    #[error(
        "is too complicated: at most {BRACKETS_MAX} brackets and {DEPTH_MAX} operators within each other"
    )]
    TooComplicated,
    /// Not the language.
    #[error("cannot be read at character {}: {what}", column.unwrap_or(1))]
    Unreadable {
        /// Where, from 1, where that is known.
        column: Option<usize>,
        /// Why, in the reader's own words.
        what: String,
    },
    /// A name that no fact has.
    #[error("there is no \"{name}\"; there are {}", Facts::NAMES.join(", "))]
    UnknownName {
        /// The name.
        name: String,
    },
    /// A function that conditions do not have.
    #[error("\"{name}\" cannot be used here")]
    UnknownFunction {
        /// The function.
        name: String,
    },
    /// A loop, a map or another thing that may cost more than its length.
    #[error("loops, maps and fields cannot be used here")]
    NotPlain,
    /// It says something, but neither yes nor no.
    #[error("is neither true nor false: {0}")]
    NoAnswer(String),
}

impl Condition {
    /// Refuses what could not be asked of every booking.
    pub fn validate(&self) -> Result<(), ConditionError> {
        let chars = self.when.chars().count();
        if chars > CONDITION_CHARS_MAX {
            return Err(ConditionError::TooLong { chars });
        }
        if brackets(&self.when) > BRACKETS_MAX {
            return Err(ConditionError::TooComplicated);
        }
        let expression = self.parsed()?;
        is_plain(&expression, DEPTH_MAX)?;
        let references = expression.references();
        if let Some(name) = references.variables().into_iter().find(|name| !Facts::NAMES.contains(name)) {
            return Err(ConditionError::UnknownName { name: name.to_owned() });
        }
        if let Some(name) = references.functions().into_iter().find(|name| !FUNCTIONS.contains(name)) {
            return Err(ConditionError::UnknownFunction { name: name.to_owned() });
        }
        self.holds(&Facts::example()).map(|_| ())
    }

    /// Whether it is true of these facts.
    pub fn holds(&self, facts: &Facts) -> Result<bool, ConditionError> {
        self.read()?.holds(facts)
    }

    /// Reads it, to be asked of many times.
    pub fn read(&self) -> Result<ReadCondition, ConditionError> {
        self.parsed().map(ReadCondition)
    }

    fn parsed(&self) -> Result<IdedExpr, ConditionError> {
        cel::parser::Parser::new().parse(&self.when).map_err(|errors| {
            let first = errors.errors.first();
            let column = first.and_then(|error| usize::try_from(error.pos.1).ok()).filter(|at| *at > 0);
            let what = first.map(|error| error.msg.clone()).unwrap_or_default();
            ConditionError::Unreadable { column, what }
        })
    }
}

/// A condition that has been read.
#[derive(Clone, Debug)]
pub struct ReadCondition(IdedExpr);

impl ReadCondition {
    /// Whether it is true of these facts.
    pub fn holds(&self, facts: &Facts) -> Result<bool, ConditionError> {
        match facts.context().resolve(&self.0) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(_) => Err(ConditionError::NoAnswer("it gives another value".to_owned())),
            Err(error) => Err(ConditionError::NoAnswer(error.to_string())),
        }
    }
}

/// How many brackets stand within each other, those in texts counted too.
fn brackets(text: &str) -> usize {
    let (_, deepest) = text.chars().fold((0_usize, 0_usize), |(depth, deepest), letter| match letter {
        '(' | '[' | '{' => (depth.saturating_add(1), deepest.max(depth.saturating_add(1))),
        ')' | ']' | '}' => (depth.saturating_sub(1), deepest),
        _ => (depth, deepest),
    });
    deepest
}

fn is_plain(expression: &IdedExpr, depth_left: usize) -> Result<(), ConditionError> {
    let Some(depth_left) = depth_left.checked_sub(1) else { return Err(ConditionError::TooComplicated) };
    match &expression.expr {
        Expr::Call(call) => {
            let mut operands = call.target.iter().map(AsRef::as_ref).chain(&call.args);
            operands.try_for_each(|operand| is_plain(operand, depth_left))
        }
        Expr::List(list) => list.elements.iter().try_for_each(|element| is_plain(element, depth_left)),
        Expr::Ident(_) | Expr::Literal(_) => Ok(()),
        Expr::Unspecified | Expr::Comprehension(_) | Expr::Map(_) | Expr::Select(_) | Expr::Struct(_) => {
            Err(ConditionError::NotPlain)
        }
    }
}
