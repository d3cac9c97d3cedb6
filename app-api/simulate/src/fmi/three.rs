//! FMI 3.0.

use std::{
    ffi::{CString, c_char, c_int, c_uint, c_void},
    path::Path,
    ptr,
};

use libloading::os::unix::Library;

use super::{Instance, c_string, function, not_instantiated, passed, text, unfit};
use crate::{
    Code, Failure, Value,
    description::{Description, Kind, Variable, Whole},
};

type Handle = *mut c_void;
type Status = c_int;
type Set<T> = unsafe extern "C" fn(Handle, *const c_uint, usize, *const T, usize) -> Status;
type Get<T> = unsafe extern "C" fn(Handle, *const c_uint, usize, *mut T, usize) -> Status;
type Logger = unsafe extern "C" fn(*mut c_void, Status, *const c_char, *const c_char);
type Instantiate = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const c_char,
    bool,
    bool,
    bool,
    bool,
    *const c_uint,
    usize,
    *mut c_void,
    Logger,
    *const c_void,
) -> Handle;
type Step = unsafe extern "C" fn(
    Handle,
    f64,
    f64,
    bool,
    *mut bool,
    *mut bool,
    *mut bool,
    *mut f64,
) -> Status;

/// Takes the unit's messages, and keeps none.
extern "C" fn ignore(_: *mut c_void, _: Status, _: *const c_char, _: *const c_char) {}

struct Three {
    handle: Handle,
    enter: unsafe extern "C" fn(Handle, bool, f64, f64, bool, f64) -> Status,
    exit: unsafe extern "C" fn(Handle) -> Status,
    step: Step,
    terminate: unsafe extern "C" fn(Handle) -> Status,
    free: unsafe extern "C" fn(Handle),
    /// The unit may keep pointers to what it was given at its making.
    given: [CString; 3],
    library: Library,
}

pub(super) fn instantiate(
    library: Library,
    unit: &Description,
    resources: &Path,
) -> Result<Box<dyn Instance>, Failure> {
    // The standard wants a path with a separator at its end.
    let given = [
        c_string("run")?,
        c_string(&unit.token)?,
        c_string(&format!("{}/", resources.display()))?,
    ];
    // SAFETY: the types are those of fmi3FunctionTypes.h.
    let (make, mut three) = unsafe {
        let make: Instantiate = function(&library, "fmi3InstantiateCoSimulation")?;
        let three = Three {
            handle: ptr::null_mut(),
            enter: function(&library, "fmi3EnterInitializationMode")?,
            exit: function(&library, "fmi3ExitInitializationMode")?,
            step: function(&library, "fmi3DoStep")?,
            terminate: function(&library, "fmi3Terminate")?,
            free: function(&library, "fmi3FreeInstance")?,
            given,
            library,
        };
        (make, three)
    };
    let [name, token, path] = &three.given;
    // SAFETY: strings that end with zero, kept as long as the instance; no events, no early return, no
    // intermediate variables, so no callback for them.
    three.handle = unsafe {
        make(
            name.as_ptr(),
            token.as_ptr(),
            path.as_ptr(),
            false,
            false,
            false,
            false,
            ptr::null(),
            0,
            ptr::null_mut(),
            ignore,
            ptr::null(),
        )
    };
    if three.handle.is_null() {
        return Err(not_instantiated());
    }
    Ok(Box::new(three))
}

impl Three {
    /// Reads by `fmi3Get…`; `T` must be the type it gives.
    unsafe fn read<T>(&self, name: &str, variable: &Variable, mut value: T) -> Result<T, Failure> {
        // SAFETY: the caller's promise; one reference, room for one value, and the instance they are for.
        let status = unsafe {
            let get: Get<T> = function(&self.library, name)?;
            get(
                self.handle,
                &raw const variable.reference,
                1,
                &raw mut value,
                1,
            )
        };
        passed(
            status,
            Code::StepRefused,
            &format!("reading {:?}", variable.name),
        )?;
        Ok(value)
    }

    /// Writes by `fmi3Set…`; `T` must be the type it takes.
    unsafe fn write<T>(&self, name: &str, variable: &Variable, value: &T) -> Result<(), Failure> {
        // SAFETY: the caller's promise; one reference, one value, and the instance they are for.
        let status = unsafe {
            let set: Set<T> = function(&self.library, name)?;
            set(self.handle, &raw const variable.reference, 1, value, 1)
        };
        passed(
            status,
            Code::ValueRefused,
            &format!("the start value of {:?}", variable.name),
        )
    }
}

/// The same for each integer type: its function's ending and Rust's name of it.
macro_rules! for_whole {
    ($whole:expr, |$name:ident, $type:ident| $body:expr) => {
        match $whole {
            Whole::I8 => {
                let $name = "Int8";
                type $type = i8;
                $body
            }
            Whole::U8 => {
                let $name = "UInt8";
                type $type = u8;
                $body
            }
            Whole::I16 => {
                let $name = "Int16";
                type $type = i16;
                $body
            }
            Whole::U16 => {
                let $name = "UInt16";
                type $type = u16;
                $body
            }
            Whole::I32 => {
                let $name = "Int32";
                type $type = i32;
                $body
            }
            Whole::U32 => {
                let $name = "UInt32";
                type $type = u32;
                $body
            }
            Whole::I64 => {
                let $name = "Int64";
                type $type = i64;
                $body
            }
            Whole::U64 => {
                let $name = "UInt64";
                type $type = u64;
                $body
            }
        }
    };
}

impl Instance for Three {
    fn set(&mut self, variable: &Variable, value: &Value) -> Result<(), Failure> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a real variable has the nearest number of its precision"
        )]
        // SAFETY: the types are those of fmi3FunctionTypes.h for the functions of these names.
        unsafe {
            match (variable.kind, value) {
                (Kind::Real, Value::Real(real)) => self.write("fmi3SetFloat64", variable, real),
                (Kind::Real, Value::Integer(whole)) => {
                    self.write("fmi3SetFloat64", variable, &(*whole as f64))
                }
                (Kind::Real32, Value::Real(real)) => {
                    self.write("fmi3SetFloat32", variable, &(*real as f32))
                }
                (Kind::Real32, Value::Integer(whole)) => {
                    self.write("fmi3SetFloat32", variable, &(*whole as f32))
                }
                (Kind::Whole(kind), Value::Integer(whole)) => for_whole!(kind, |name, T| {
                    let whole = T::try_from(i128::from(*whole)).map_err(|_| unfit(variable))?;
                    self.write(&format!("fmi3Set{name}"), variable, &whole)
                }),
                (Kind::Boolean, Value::Boolean(is)) => self.write("fmi3SetBoolean", variable, is),
                (Kind::Text, Value::Text(text)) => {
                    let text = c_string(text)?;
                    self.write("fmi3SetString", variable, &text.as_ptr())
                }
                _ => Err(unfit(variable)),
            }
        }
    }

    fn initialize(&mut self, start: f64, stop: f64) -> Result<(), Failure> {
        // SAFETY: numbers, and the instance they were made for.
        unsafe {
            passed(
                (self.enter)(self.handle, false, 0.0, start, true, stop),
                Code::NotInitialized,
                "initialisation",
            )?;
            passed(
                (self.exit)(self.handle),
                Code::NotInitialized,
                "the end of initialisation",
            )
        }
    }

    fn step(&mut self, time: f64, size: f64) -> Result<bool, Failure> {
        let (mut event, mut over, mut early, mut reached) = (false, false, false, time);
        // SAFETY: numbers, room for four answers, and the instance they were made for.
        let status = unsafe {
            (self.step)(
                self.handle,
                time,
                size,
                true,
                &raw mut event,
                &raw mut over,
                &raw mut early,
                &raw mut reached,
            )
        };
        passed(status, Code::StepRefused, &format!("the step from {time}"))?;
        Ok(over)
    }

    fn get(&mut self, variable: &Variable) -> Result<Value, Failure> {
        // SAFETY: the types are those of fmi3FunctionTypes.h for the functions of these names; a string is
        // copied before the unit's next function is called. A boolean is read as the byte it is: the unit
        // may answer with neither 0 nor 1.
        unsafe {
            Ok(match variable.kind {
                Kind::Real => Value::Real(self.read("fmi3GetFloat64", variable, 0.0_f64)?),
                Kind::Real32 => Value::Real(self.read("fmi3GetFloat32", variable, 0.0_f32)?.into()),
                Kind::Whole(kind) => for_whole!(kind, |name, T| {
                    let whole: T = self.read(&format!("fmi3Get{name}"), variable, 0)?;
                    Value::Integer(i64::try_from(i128::from(whole)).map_err(|_| {
                        Failure::new(
                            Code::StepRefused,
                            format!("{:?} exceeds 63 bits", variable.name),
                        )
                    })?)
                }),
                Kind::Boolean => Value::Boolean(self.read("fmi3GetBoolean", variable, 0_u8)? != 0),
                Kind::Text => text(self.read("fmi3GetString", variable, ptr::null())?),
            })
        }
    }

    fn end(self: Box<Self>) -> Result<(), Failure> {
        // SAFETY: the instance they were made for; it is not used after that.
        unsafe {
            passed((self.terminate)(self.handle), Code::StepRefused, "its end")?;
            (self.free)(self.handle);
        }
        Ok(())
    }
}
