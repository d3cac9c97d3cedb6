//! Why there is no result, and by whose fault.

use serde::{Deserialize, Serialize};

/// Who has to do something about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// Whoever wrote the unit: it will fail again.
    Fmu,
    /// Whoever asked: with other values it may run.
    Request,
    /// Whoever runs the simulator: the unit never got to run.
    Operator,
}

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Not a ZIP archive, or a broken one.
    BadArchive,
    /// An entry of the archive would be written outside its directory, or is no plain file.
    UnsafePath,
    /// Unpacked, it is larger than allowed.
    TooLarge,
    /// It has more files than allowed.
    TooManyFiles,
    /// `modelDescription.xml` is missing or not as FMI describes it.
    BadDescription,
    /// Neither FMI 2.0 nor 3.0.
    UnsupportedVersion,
    /// It cannot simulate by itself.
    NoCoSimulation,
    /// It has no shared library for Linux on x86-64.
    NoBinary,
    /// A name that the unit does not have.
    UnknownVariable,
    /// A value of another type than its variable, or a variable that takes none.
    WrongType,
    /// Stop time or step size cannot be simulated.
    BadTime,
    /// More steps than allowed.
    TooManySteps,
    /// The shared library cannot be loaded or lacks a function.
    CannotLoad,
    /// It did not instantiate or initialise.
    NotInitialized,
    /// It refused a start value.
    ValueRefused,
    /// It refused a step, or a value after it.
    StepRefused,
    /// It crashed, or ended its process.
    Crashed,
    /// It used more processor time than allowed.
    CpuTime,
    /// It took longer than allowed.
    WallTime,
    /// It tried what is forbidden: a network connection, another process or thread.
    ForbiddenCall,
    /// It printed more than allowed.
    OutputTooLarge,
    /// The result is larger than allowed.
    ResultTooLarge,
    /// The process cannot be started, fed or read.
    CannotStart,
    /// This machine cannot confine the process as configured.
    NotConfined,
}

impl Code {
    /// Whose fault it is.
    pub fn fault(self) -> Fault {
        match self {
            Self::UnknownVariable | Self::WrongType | Self::BadTime | Self::TooManySteps => {
                Fault::Request
            }
            Self::CannotStart | Self::NotConfined => Fault::Operator,
            _ => Fault::Fmu,
        }
    }
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// For programs.
    pub code: Code,
    /// For people: what is wrong, and what to do about it.
    pub message: String,
}

impl Failure {
    /// A failure.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        self.code.fault()
    }
}
