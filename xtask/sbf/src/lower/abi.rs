//! Signatures the BPF backend can call.
//!
//! A function returns at most one register and takes at most five. Whatever else the optimiser
//! left standing is passed through memory: an aggregate or 128-bit result through a pointer in
//! front, arguments past the registers through a block behind. The rule depends on the function's
//! type alone, so definitions, direct calls, calls through pointers and recursion all agree.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::argument::{self, without_pointee};
use super::attributes::Groups;
use crate::demangle::display_name;
use crate::ir::{Call, Function, Module, Parameter, Signature, Type, leading_type};

/// Argument registers of the BPF calling convention.
const ARGUMENT_REGISTERS: usize = 5;
/// Names the rewrite adds; no other pass makes names of this form.
const RESULT: &str = "%sbf.result";
const SPILLED: &str = "%sbf.spilled";

/// What the rewrite did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Definitions with a changed signature.
    pub functions: usize,
    /// Calls adjusted to one.
    pub calls: usize,
}

/// Where a function type's values go.
struct Layout {
    returns_by_pointer: bool,
    /// Parameters from this one on lie in the spilled block, at these offsets in bytes.
    first_spilled: usize,
    offsets: Vec<usize>,
}

impl Layout {
    fn of(return_type: &str, parameters: &[&str]) -> Result<Self> {
        let returns_by_pointer = !Type::parse(return_type)?.is_returnable();
        let registers = parameters
            .iter()
            .map(|ty| Ok(Type::parse(ty)?.registers()))
            .collect::<Result<Vec<_>>>()?;
        let used = usize::from(returns_by_pointer);
        let mut first_spilled = registers.len();
        if used + registers.iter().sum::<usize>() > ARGUMENT_REGISTERS {
            let mut total = used;
            first_spilled = registers
                .iter()
                .position(|count| {
                    total += count;
                    // One register is left for the block's address.
                    total > ARGUMENT_REGISTERS - 1
                })
                .unwrap_or(registers.len());
        }
        let mut offset = 0;
        let offsets = registers
            .iter()
            .skip(first_spilled)
            .map(|count| {
                let at = offset;
                offset += count * 8;
                at
            })
            .collect::<Vec<_>>();
        Ok(Self {
            returns_by_pointer,
            first_spilled,
            offsets,
        })
    }

    fn is_legal(&self) -> bool {
        !self.returns_by_pointer && self.offsets.is_empty()
    }
}

/// Rewrites every illegal signature and every call to one.
///
/// # Errors
/// A construct that cannot be rewritten, with the name of its function.
pub fn lower(module: &mut Module) -> Result<Summary> {
    let mut groups = Groups::read(module);
    let mut summary = Summary::default();
    for function in module.functions_mut() {
        let name = display_name(&function.signature.symbol);
        lower_function(function, &mut groups, &mut summary)
            .with_context(|| format!("in function `{name}`"))?;
    }
    groups.write(module);
    Ok(summary)
}

fn lower_function(
    function: &mut Function,
    groups: &mut Groups,
    summary: &mut Summary,
) -> Result<()> {
    let return_type = function.signature.return_type.clone();
    let (by_pointer, prologue) = lower_signature(&mut function.signature, groups, summary)?;
    let mut slots = Slots::default();
    let mut body = Vec::with_capacity(function.body.len());
    for line in std::mem::take(&mut function.body) {
        if by_pointer && let Some(value) = line.trim_start().strip_prefix("ret ") {
            let value = value.split(", !").next().unwrap_or(value);
            let (_, value) = leading_type(value).context("return without a value")?;
            body.push(format!(
                "  store {return_type} {value}, ptr {RESULT}, align 8"
            ));
            body.push("  ret void".to_owned());
        } else if line.contains("call ") {
            lower_call(line, groups, &mut slots, &mut body, summary)?;
        } else if line.trim_start().starts_with("%") && line.contains(" = invoke ")
            || line.trim_start().starts_with("invoke ")
        {
            bail!("unwinding call; the program must be built to abort on panic");
        } else {
            body.push(line);
        }
    }
    // Allocas and loads of parameters belong at the top of the entry block, after its label.
    let at = body
        .first()
        .is_some_and(|line| !line.starts_with(' ') && line.contains(':'));
    let at = usize::from(at);
    body.splice(at..at, slots.allocas().chain(prologue));
    function.body = body;
    Ok(())
}

/// Rewrites a definition's first line. Returns whether its result goes through the pointer, and
/// the loads that bring spilled parameters back under their names.
fn lower_signature(
    signature: &mut Signature,
    groups: &mut Groups,
    summary: &mut Summary,
) -> Result<(bool, Vec<String>)> {
    for parameter in &mut signature.parameters {
        parameter.text = without_pointee(&parameter.text);
    }
    let types: Vec<&str> = signature.parameters.iter().map(|p| &*p.ty).collect();
    let layout = Layout::of(&signature.return_type, &types)?;
    if layout.is_legal() {
        return Ok((false, Vec::new()));
    }
    if signature.variadic {
        bail!("variadic function");
    }
    summary.functions += 1;
    let spilled = signature.parameters.split_off(layout.first_spilled);
    let mut prologue = Vec::new();
    if !spilled.is_empty() {
        signature.parameters.push(parameter(
            SPILLED,
            "noalias noundef readonly captures(none)",
        ));
        for (parameter, offset) in spilled.iter().zip(&layout.offsets) {
            if parameter.name.is_empty() {
                bail!("parameter without a name");
            }
            let address = format!("{SPILLED}.{offset}");
            prologue.push(format!(
                "  {address} = getelementptr inbounds i8, ptr {SPILLED}, i64 {offset}"
            ));
            prologue.push(format!(
                "  {} = load {}, ptr {address}, align 8",
                parameter.name, parameter.ty
            ));
        }
    }
    if layout.returns_by_pointer {
        signature.parameters.insert(
            0,
            parameter(RESULT, "noalias noundef writeonly captures(none)"),
        );
        signature.return_attributes = String::new();
        signature.return_type = "void".to_owned();
    }
    signature.suffix = groups.rewrite(&signature.suffix);
    // `returned` would now contradict the return type.
    for parameter in &mut signature.parameters {
        parameter.text = parameter.text.replace(" returned ", " ");
    }
    Ok((layout.returns_by_pointer, prologue))
}

fn parameter(name: &str, attributes: &str) -> Parameter {
    Parameter {
        ty: "ptr".to_owned(),
        text: format!("ptr {attributes} {name}"),
        name: name.to_owned(),
    }
}

/// Stack slots of one function for results and spilled arguments. A result is loaded right after
/// its call and a block is read at the callee's entry, so one slot for each type serves all calls.
#[derive(Default)]
struct Slots {
    results: BTreeMap<String, usize>,
    spilled_bytes: usize,
}

impl Slots {
    fn result(&mut self, ty: &str) -> String {
        let next = self.results.len();
        let number = *self.results.entry(ty.to_owned()).or_insert(next);
        format!("%sbf.slot.{number}")
    }

    fn allocas(&self) -> impl Iterator<Item = String> {
        let results = self
            .results
            .iter()
            .map(|(ty, number)| format!("  %sbf.slot.{number} = alloca {ty}, align 8"));
        let spilled = (self.spilled_bytes > 0).then(|| {
            format!(
                "  %sbf.block = alloca [{} x i64], align 8",
                self.spilled_bytes / 8
            )
        });
        results.chain(spilled).collect::<Vec<_>>().into_iter()
    }
}

fn lower_call(
    line: String,
    groups: &mut Groups,
    slots: &mut Slots,
    body: &mut Vec<String>,
    summary: &mut Summary,
) -> Result<()> {
    let Some(call) = Call::parse(&line) else {
        body.push(line);
        return Ok(());
    };
    if call.is_intrinsic() || call.is_assembly() {
        body.push(line);
        return Ok(());
    }
    let types = call
        .arguments
        .iter()
        .map(|argument| {
            leading_type(argument)
                .map(|(ty, _)| ty)
                .context("argument type")
        })
        .collect::<Result<Vec<_>>>()?;
    let layout = Layout::of(&call.return_type, &types)?;
    if layout.is_legal() {
        body.push(without_pointee(&line));
        return Ok(());
    }
    let callee = display_name(&call.callee);
    if call.must_tail || call.variadic {
        bail!("the call to `{callee}` must be a tail call or is variadic; it cannot be rewritten");
    }
    summary.calls += 1;
    let index = summary.calls;
    let (passed, spilled) = call
        .arguments
        .split_at_checked(layout.first_spilled)
        .context("more parameters than arguments")?;
    let mut arguments: Vec<String> = passed.iter().map(|a| without_pointee(a)).collect();
    for (argument, offset) in spilled.iter().zip(&layout.offsets) {
        let (ty, value) = argument::value(argument)?;
        let address = format!("%sbf.out.{index}.{offset}");
        body.push(format!(
            "  {address} = getelementptr inbounds i8, ptr %sbf.block, i64 {offset}"
        ));
        body.push(format!("  store {ty} {value}, ptr {address}, align 8"));
        let end = offset + Type::parse(ty)?.registers() * 8;
        slots.spilled_bytes = slots.spilled_bytes.max(end);
    }
    if !layout.offsets.is_empty() {
        arguments.push("ptr %sbf.block".to_owned());
    }
    let suffix = groups.rewrite(&call.suffix);
    let suffix = suffix
        .split(", !range")
        .next()
        .unwrap_or(&suffix)
        .to_owned();
    let convention = &call.convention;
    if layout.returns_by_pointer {
        let slot = slots.result(&call.return_type);
        arguments.insert(0, format!("ptr {slot}"));
        let arguments = arguments.join(", ");
        body.push(format!(
            "  call {convention} void {}({arguments}) {suffix}",
            call.callee
        ));
        if let Some(result) = &call.result {
            body.push(format!(
                "  {result} = load {}, ptr {slot}, align 8",
                call.return_type
            ));
        }
    } else {
        let result = call
            .result
            .as_ref()
            .map_or(String::new(), |name| format!("{name} = "));
        let arguments = arguments.join(", ");
        body.push(format!(
            "  {result}call {convention} {} {} {}({arguments}) {suffix}",
            call.return_attributes, call.return_type, call.callee
        ));
    }
    Ok(())
}

/// Whether a definition could be called by the backend as it stands.
///
/// # Errors
/// A type without a register form.
pub fn is_callable(signature: &Signature) -> Result<bool> {
    let types: Vec<&str> = signature.parameters.iter().map(|p| &*p.ty).collect();
    Ok(!signature.variadic && Layout::of(&signature.return_type, &types)?.is_legal())
}
