//! What is asked of a run, and what it may use.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    Code, Failure,
    description::{Description, Kind, Variable},
};

/// A value of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Of a boolean variable.
    Boolean(bool),
    /// Of an integer or enumeration variable; taken for a real one too.
    Integer(i64),
    /// Of a real variable.
    Real(f64),
    /// Of a string variable.
    Text(String),
}

/// What the process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Processor time, seconds.
    pub cpu_seconds: u64,
    /// Time on the clock, seconds.
    pub wall_seconds: u64,
    /// Address space, bytes.
    pub memory_bytes: u64,
    /// Largest result, bytes of CSV.
    pub result_bytes: u64,
    /// Most bytes the unit may print.
    pub output_bytes: u64,
    /// Most steps of one run.
    pub steps: u64,
    /// Whether to run where the kernel has no Landlock: the unit could read what this user may read.
    pub without_landlock: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_seconds: 10,
            wall_seconds: 20,
            memory_bytes: 1 << 30,
            result_bytes: 16 << 20,
            output_bytes: 1 << 20,
            steps: 100_000,
            without_landlock: false,
        }
    }
}

/// One run of an unpacked unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Where the unit is unpacked.
    pub directory: PathBuf,
    /// Values of parameters and inputs by name.
    pub start_values: BTreeMap<String, Value>,
    /// Where the simulation ends, in the model's unit of time, mostly seconds.
    pub stop_time: f64,
    /// Between two rows, in the same unit.
    pub step_size: f64,
    /// Columns of the result; empty: all outputs.
    pub outputs: Vec<String>,
    /// What it may use.
    pub limits: Limits,
}

/// Values to set and variables to record, checked against the unit.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) set: Vec<(&'a Variable, &'a Value)>,
    pub(crate) record: Vec<&'a Variable>,
    pub(crate) start_time: f64,
    pub(crate) steps: u64,
}

impl Job {
    /// Steps of a run.
    ///
    /// # Errors
    /// If the times cannot be simulated, or in too many steps.
    pub fn steps(&self, start_time: f64) -> Result<u64, Failure> {
        steps(
            start_time,
            self.stop_time,
            self.step_size,
            self.limits.steps,
        )
    }

    /// Refuses what the unit does not have.
    ///
    /// # Errors
    /// If a name, a type or a time does not fit.
    pub fn check(&self, unit: &Description) -> Result<(), Failure> {
        self.checked(unit).map(|_| ())
    }

    pub(crate) fn checked<'a>(&'a self, unit: &'a Description) -> Result<Checked<'a>, Failure> {
        let start_time = unit.start_time;
        let steps = self.steps(start_time)?;
        if steps > 1 && !unit.variable_step && !whole_steps(start_time, self) {
            return Err(Failure::new(
                Code::BadTime,
                "this unit takes only steps of one size: make the time from start to stop a multiple of it",
            ));
        }
        let find = |name: &String| {
            unit.variables
                .iter()
                .find(|v| v.name == *name)
                .ok_or_else(|| {
                    Failure::new(
                        Code::UnknownVariable,
                        format!("the unit has no variable {name:?}"),
                    )
                })
        };
        let mut set = Vec::with_capacity(self.start_values.len());
        for (name, value) in &self.start_values {
            let variable = find(name)?;
            settable(variable, value)?;
            set.push((variable, value));
        }
        let record = if self.outputs.is_empty() {
            unit.outputs().collect()
        } else {
            self.outputs.iter().map(find).collect::<Result<_, _>>()?
        };
        Ok(Checked {
            set,
            record,
            start_time,
            steps,
        })
    }
}

fn settable(variable: &Variable, value: &Value) -> Result<(), Failure> {
    let refuse = |problem: String| Err(Failure::new(Code::WrongType, problem));
    let name = &variable.name;
    if !variable.settable {
        return refuse(format!(
            "{name:?} is computed by the unit: it takes no start value"
        ));
    }
    let (fits, wanted) = match variable.kind {
        Kind::Real | Kind::Real32 => (
            matches!(value, Value::Real(_) | Value::Integer(_)),
            "a number".to_owned(),
        ),
        Kind::Boolean => (
            matches!(value, Value::Boolean(_)),
            "true or false".to_owned(),
        ),
        Kind::Text => (
            matches!(value, Value::Text(text) if !text.contains('\0')),
            "a string without a zero byte".to_owned(),
        ),
        Kind::Whole(whole) => {
            let (least, most) = whole.bounds();
            (
                matches!(value, Value::Integer(i) if (least..=most).contains(&i128::from(*i))),
                format!("a whole number from {least} to {most}"),
            )
        }
    };
    if fits {
        Ok(())
    } else {
        refuse(format!("{name:?} takes {wanted}"))
    }
}

/// Whether the last step is as long as the others.
fn whole_steps(start: f64, job: &Job) -> bool {
    let exact = (job.stop_time - start) / job.step_size;
    (exact - exact.round()).abs() <= SLACK * exact.abs().max(1.0)
}

/// How far from whole a quotient of two decimal times may be and still count as whole.
const SLACK: f64 = 1e-9;

/// Steps from `start` to `stop`: the last may be shorter.
fn steps(start: f64, stop: f64, size: f64, most: u64) -> Result<u64, Failure> {
    let refuse = |problem: &str| Err(Failure::new(Code::BadTime, problem));
    if !(stop.is_finite() && size.is_finite()) {
        return refuse("stop time and step size must be finite numbers");
    }
    if size <= 0.0 {
        return refuse("the step size must be positive");
    }
    if stop <= start {
        return refuse("the stop time must lie after the start of the simulation");
    }
    let exact = (stop - start) / size;
    let near = exact.round();
    // 0.3 / 0.1 is not 3: what is whole but for rounding gets no sliver of a step at its end.
    let count = if (exact - near).abs() <= SLACK * near.max(1.0) {
        near
    } else {
        exact.ceil()
    };
    let count = count.max(1.0);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "compared with the bound first: a whole number between 1 and it"
    )]
    if count <= most as f64 {
        Ok(count as u64)
    } else {
        Err(Failure::new(
            Code::TooManySteps,
            format!("a run may have {most} steps: take larger ones or stop earlier"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_without_slivers() {
        assert_eq!(steps(0.0, 0.3, 0.1, 10), Ok(3));
        assert_eq!(steps(0.0, 1.0, 0.3, 10), Ok(4));
        assert_eq!(steps(0.0, 1e-3, 1.0, 10), Ok(1));
        assert_eq!(steps(1.0, 2.0, 0.1, 10), Ok(10));
        assert_eq!(
            steps(0.0, 1.0, 0.1, 9).unwrap_err().code,
            Code::TooManySteps
        );
        for (stop, size) in [
            (f64::NAN, 1.0),
            (1.0, f64::NAN),
            (1.0, 0.0),
            (1.0, -1.0),
            (0.0, 1.0),
            (f64::INFINITY, 1.0),
        ] {
            assert_eq!(steps(0.0, stop, size, 10).unwrap_err().code, Code::BadTime);
        }
        assert_eq!(
            steps(0.0, 1e308, 1e-308, 10).unwrap_err().code,
            Code::TooManySteps
        );
    }
}
