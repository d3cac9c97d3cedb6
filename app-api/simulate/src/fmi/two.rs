//! FMI 2.0.

use std::{
    ffi::{CString, c_char, c_int, c_uint, c_void},
    path::Path,
    ptr,
};

use libloading::os::unix::Library;

use super::{Instance, c_string, function, not_instantiated, passed, text, unfit};
use crate::{
    Code, Failure, Value,
    description::{Description, Kind, Variable},
};

type Component = *mut c_void;
type Status = c_int;
type Set<T> = unsafe extern "C" fn(Component, *const c_uint, usize, *const T) -> Status;
type Get<T> = unsafe extern "C" fn(Component, *const c_uint, usize, *mut T) -> Status;
type Simple = unsafe extern "C" fn(Component) -> Status;
/// In the standard it takes more arguments for the message's format; the caller passes and removes them.
type Logger =
    unsafe extern "C" fn(*mut c_void, *const c_char, Status, *const c_char, *const c_char);

#[repr(C)]
struct Callbacks {
    logger: Logger,
    allocate: unsafe extern "C" fn(usize, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
    step_finished: Option<unsafe extern "C" fn(*mut c_void, Status)>,
    environment: *mut c_void,
}

type Instantiate = unsafe extern "C" fn(
    *const c_char,
    c_int,
    *const c_char,
    *const c_char,
    *const Callbacks,
    c_int,
    c_int,
) -> Component;

/// `fmi2CoSimulation`.
const CO_SIMULATION: c_int = 1;

/// Takes the unit's messages, and keeps none.
extern "C" fn ignore(
    _: *mut c_void,
    _: *const c_char,
    _: Status,
    _: *const c_char,
    _: *const c_char,
) {
}

struct Two {
    component: Component,
    set_real: Set<f64>,
    set_integer: Set<c_int>,
    set_boolean: Set<c_int>,
    set_string: Set<*const c_char>,
    get_real: Get<f64>,
    get_integer: Get<c_int>,
    get_boolean: Get<c_int>,
    get_string: Get<*const c_char>,
    setup: unsafe extern "C" fn(Component, c_int, f64, f64, c_int, f64) -> Status,
    enter: Simple,
    exit: Simple,
    step: unsafe extern "C" fn(Component, f64, f64, c_int) -> Status,
    terminate: Simple,
    free: unsafe extern "C" fn(Component),
    /// The unit may keep pointers to what it was given at its making.
    _given: (Box<Callbacks>, [CString; 3]),
    _library: Library,
}

pub(super) fn instantiate(
    library: Library,
    unit: &Description,
    resources: &Path,
) -> Result<Box<dyn Instance>, Failure> {
    let callbacks = Box::new(Callbacks {
        logger: ignore,
        allocate: libc::calloc,
        free: libc::free,
        step_finished: None,
        environment: ptr::null_mut(),
    });
    let given = [
        c_string("run")?,
        c_string(&unit.token)?,
        // Its own temporary directory: nothing in its path needs escaping.
        c_string(&format!("file://{}", resources.display()))?,
    ];
    let [name, guid, location] = &given;
    // SAFETY: the types are those of fmi2FunctionTypes.h.
    let (make, mut two) = unsafe {
        let make: Instantiate = function(&library, "fmi2Instantiate")?;
        let two = Two {
            component: ptr::null_mut(),
            set_real: function(&library, "fmi2SetReal")?,
            set_integer: function(&library, "fmi2SetInteger")?,
            set_boolean: function(&library, "fmi2SetBoolean")?,
            set_string: function(&library, "fmi2SetString")?,
            get_real: function(&library, "fmi2GetReal")?,
            get_integer: function(&library, "fmi2GetInteger")?,
            get_boolean: function(&library, "fmi2GetBoolean")?,
            get_string: function(&library, "fmi2GetString")?,
            setup: function(&library, "fmi2SetupExperiment")?,
            enter: function(&library, "fmi2EnterInitializationMode")?,
            exit: function(&library, "fmi2ExitInitializationMode")?,
            step: function(&library, "fmi2DoStep")?,
            terminate: function(&library, "fmi2Terminate")?,
            free: function(&library, "fmi2FreeInstance")?,
            _given: (callbacks, given.clone()),
            _library: library,
        };
        (make, two)
    };
    // SAFETY: strings that end with zero and callbacks, all kept as long as the instance.
    two.component = unsafe {
        make(
            name.as_ptr(),
            CO_SIMULATION,
            guid.as_ptr(),
            location.as_ptr(),
            &raw const *two._given.0,
            0,
            0,
        )
    };
    if two.component.is_null() {
        return Err(not_instantiated());
    }
    Ok(Box::new(two))
}

impl Two {
    fn read<T: Copy>(&self, get: Get<T>, variable: &Variable, mut value: T) -> Result<T, Failure> {
        // SAFETY: one reference, room for one value, and the instance it was made for.
        let status = unsafe {
            get(
                self.component,
                &raw const variable.reference,
                1,
                &raw mut value,
            )
        };
        passed(
            status,
            Code::StepRefused,
            &format!("reading {:?}", variable.name),
        )?;
        Ok(value)
    }

    fn write<T>(&self, set: Set<T>, variable: &Variable, value: &T) -> Result<(), Failure> {
        // SAFETY: one reference, one value, and the instance it was made for.
        let status = unsafe { set(self.component, &raw const variable.reference, 1, value) };
        passed(
            status,
            Code::ValueRefused,
            &format!("the start value of {:?}", variable.name),
        )
    }
}

impl Instance for Two {
    fn set(&mut self, variable: &Variable, value: &Value) -> Result<(), Failure> {
        match (variable.kind, value) {
            (Kind::Real, Value::Real(real)) => self.write(self.set_real, variable, real),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a real variable has the nearest double"
            )]
            (Kind::Real, Value::Integer(whole)) => {
                self.write(self.set_real, variable, &(*whole as f64))
            }
            (Kind::Whole(_), Value::Integer(whole)) => {
                let whole = c_int::try_from(*whole).map_err(|_| unfit(variable))?;
                self.write(self.set_integer, variable, &whole)
            }
            (Kind::Boolean, Value::Boolean(is)) => {
                self.write(self.set_boolean, variable, &c_int::from(*is))
            }
            (Kind::Text, Value::Text(text)) => {
                let text = c_string(text)?;
                self.write(self.set_string, variable, &text.as_ptr())
            }
            _ => Err(unfit(variable)),
        }
    }

    fn initialize(&mut self, start: f64, stop: f64) -> Result<(), Failure> {
        // SAFETY: numbers, and the instance they were made for.
        unsafe {
            passed(
                (self.setup)(self.component, 0, 0.0, start, 1, stop),
                Code::NotInitialized,
                "its times",
            )?;
            passed(
                (self.enter)(self.component),
                Code::NotInitialized,
                "initialisation",
            )?;
            passed(
                (self.exit)(self.component),
                Code::NotInitialized,
                "the end of initialisation",
            )
        }
    }

    fn step(&mut self, time: f64, size: f64) -> Result<bool, Failure> {
        // SAFETY: numbers, and the instance they were made for.
        let status = unsafe { (self.step)(self.component, time, size, 1) };
        passed(status, Code::StepRefused, &format!("the step from {time}"))?;
        Ok(false)
    }

    fn get(&mut self, variable: &Variable) -> Result<Value, Failure> {
        Ok(match variable.kind {
            Kind::Real | Kind::Real32 => Value::Real(self.read(self.get_real, variable, 0.0)?),
            Kind::Whole(_) => Value::Integer(self.read(self.get_integer, variable, 0)?.into()),
            Kind::Boolean => Value::Boolean(self.read(self.get_boolean, variable, 0)? != 0),
            Kind::Text => {
                let pointer = self.read(self.get_string, variable, ptr::null())?;
                // SAFETY: a string of the unit, which keeps it until its next function is called.
                unsafe { text(pointer) }
            }
        })
    }

    fn end(self: Box<Self>) -> Result<(), Failure> {
        // SAFETY: the instance they were made for; it is not used after that.
        unsafe {
            passed(
                (self.terminate)(self.component),
                Code::StepRefused,
                "its end",
            )?;
            (self.free)(self.component);
        }
        Ok(())
    }
}
