//! The C interface of a unit. The only place that runs code nobody here wrote; the process is confined by
//! then, and what that code does to this process's memory ends with it.

#![expect(
    unsafe_code,
    reason = "the interface is one of C functions in a library loaded at run time"
)]

mod three;
mod two;

use std::{
    ffi::{CStr, CString, c_char},
    path::Path,
};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::{
    Code, Failure, Value,
    description::{Description, Variable, Version},
};

/// An instance of a unit.
pub(crate) trait Instance {
    /// Sets a variable before initialisation. The value fits the variable: it was checked.
    fn set(&mut self, variable: &Variable, value: &Value) -> Result<(), Failure>;
    /// Initialises between these times.
    fn initialize(&mut self, start: f64, stop: f64) -> Result<(), Failure>;
    /// Goes on by `size` from `time`; whether the unit wants no further steps.
    fn step(&mut self, time: f64, size: f64) -> Result<bool, Failure>;
    /// Reads a variable.
    fn get(&mut self, variable: &Variable) -> Result<Value, Failure>;
    /// Ends the simulation.
    fn end(self: Box<Self>) -> Result<(), Failure>;
}

/// Loads a unit's library and makes an instance.
pub(crate) fn load(directory: &Path, unit: &Description) -> Result<Box<dyn Instance>, Failure> {
    let path = directory.join(unit.library());
    // SAFETY: runs the initialisers of a library nobody trusts; this process is confined and does nothing
    // else, so the worst it can do is end it or falsify its own result.
    let library =
        unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| {
            Failure::new(
                Code::CannotLoad,
                format!("the library cannot be loaded: {error}"),
            )
        })?;
    let resources = directory.join("resources");
    match unit.version {
        Version::Two => two::instantiate(library, unit, &resources),
        Version::Three => three::instantiate(library, unit, &resources),
    }
}

/// A function of the library.
///
/// # Safety
/// `T` must be the type that the standard gives the function of this name.
unsafe fn function<T: Copy>(library: &Library, name: &str) -> Result<T, Failure> {
    // SAFETY: the caller's promise; the library is kept as long as the instance that holds the function.
    unsafe { library.get::<T>(name) }
        .map(|symbol| *symbol)
        .map_err(|_| {
            Failure::new(
                Code::CannotLoad,
                format!("the library has no function {name}"),
            )
        })
}

/// What a function of the interface answers: 0 is good, 1 a warning, all others are refusals.
fn passed(status: i32, code: Code, what: &str) -> Result<(), Failure> {
    let said = match status {
        0 | 1 => return Ok(()),
        2 => "discard",
        3 => "error",
        4 => "fatal",
        5 => "pending",
        _ => "a status that does not exist",
    };
    Err(Failure::new(
        code,
        format!("the unit answered {said} to {what}"),
    ))
}

fn not_instantiated() -> Failure {
    Failure::new(
        Code::NotInitialized,
        "the unit made no instance: is its token the one of its description?",
    )
}

fn c_string(text: &str) -> Result<CString, Failure> {
    CString::new(text).map_err(|_| Failure::new(Code::BadDescription, "a text has a zero byte"))
}

/// Copies a string of the unit.
///
/// # Safety
/// Null, or a string that ends with zero.
unsafe fn text(pointer: *const c_char) -> Value {
    if pointer.is_null() {
        return Value::Text(String::new());
    }
    // SAFETY: not null; the caller's promise for the rest.
    let text = unsafe { CStr::from_ptr(pointer) };
    Value::Text(text.to_string_lossy().into_owned())
}

/// A value that was checked to fit its variable does not.
fn unfit(variable: &Variable) -> Failure {
    Failure::new(
        Code::WrongType,
        format!("{:?} takes another type", variable.name),
    )
}
