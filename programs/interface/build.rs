//! Writes the Rust of the interface from the program's IDL, so that the two cannot drift apart.

#![allow(
    clippy::indexing_slicing,
    reason = "a JSON value indexed by a name it lacks is null"
)]

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

fn main() -> Result<()> {
    let idl_path = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../idl/staking_vault.json");
    println!("cargo:rerun-if-changed={}", idl_path.display());
    println!("cargo:rerun-if-changed=build.rs");
    let text = fs::read_to_string(&idl_path)
        .context("programs/idl/staking_vault.json: run `cargo xtask build-program`")?;
    let idl: Value = serde_json::from_str(&text)?;
    let mut out = String::new();
    let accounts = names(&idl["accounts"])?;
    let events = names(&idl["events"])?;
    writeln!(
        out,
        "/// The program's address.\npub const ID: Address = Address::from_str_const({:?});",
        str_of(&idl["address"])?
    )?;
    let of = |set: BTreeSet<String>| -> Result<Vec<&Value>> {
        Ok(array(&idl["types"])?
            .iter()
            .filter(|t| t["name"].as_str().is_some_and(|n| set.contains(n)))
            .collect())
    };
    module(
        &mut out,
        "types",
        "Structs inside accounts and arguments.",
        |o| {
            let plain = names(&idl["types"])?
                .into_iter()
                .filter(|n| !accounts.contains(n) && !events.contains(n) && n != "PodU128")
                .collect();
            of(plain)?
                .into_iter()
                .try_for_each(|t| write_struct(o, t, None))
        },
    )?;
    module(&mut out, "accounts", "The accounts, byte for byte.", |o| {
        of(accounts.clone())?
            .into_iter()
            .try_for_each(|t| write_struct(o, t, Some(discriminator(&idl["accounts"], t)?)))
    })?;
    module(&mut out, "events", "What the program logs.", |o| {
        of(events.clone())?
            .into_iter()
            .try_for_each(|t| write_struct(o, t, Some(discriminator(&idl["events"], t)?)))?;
        write_event_enum(o, &events)
    })?;
    module(
        &mut out,
        "instructions",
        "One struct of accounts an instruction; its method adds the arguments.",
        |o| {
            array(&idl["instructions"])?
                .iter()
                .try_for_each(|i| write_instruction(o, i))
        },
    )?;
    write_errors(&mut out, array(&idl["errors"])?)?;
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("interface.rs"),
        out,
    )?;
    Ok(())
}

fn module(
    out: &mut String,
    name: &str,
    doc: &str,
    body: impl FnOnce(&mut String) -> Result<()>,
) -> Result<()> {
    writeln!(
        out,
        "/// {doc}\npub mod {name} {{\n#[allow(unused_imports)]\nuse super::*;"
    )?;
    if name != "types" {
        writeln!(out, "#[allow(unused_imports)]\nuse super::types::*;")?;
    }
    body(out)?;
    writeln!(out, "}}")?;
    Ok(())
}

fn write_struct(out: &mut String, ty: &Value, discriminator: Option<String>) -> Result<()> {
    let name = str_of(&ty["name"])?;
    docs(out, ty, name)?;
    writeln!(
        out,
        "#[repr(C)]\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]\npub struct {name} {{"
    )?;
    for field in array(&ty["type"]["fields"])? {
        let field_name = str_of(&field["name"])?;
        docs(out, field, field_name)?;
        writeln!(out, "pub {field_name}: {},", rust_type(&field["type"])?)?;
    }
    writeln!(out, "}}")?;
    if let Some(discriminator) = discriminator {
        writeln!(
            out,
            "impl Layout for {name} {{ const DISCRIMINATOR: [u8; 8] = {discriminator}; }}"
        )?;
    }
    Ok(())
}

fn write_event_enum(out: &mut String, events: &BTreeSet<String>) -> Result<()> {
    writeln!(
        out,
        "/// Any event of the program.\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum Event {{"
    )?;
    for name in events {
        writeln!(out, "/// See [`{name}`].\n{name}({name}),")?;
    }
    writeln!(
        out,
        "}}\nimpl Event {{\n/// Reads what follows `Program data:` in a log, decoded from base64. `None`: not an event known here.\npub fn parse(data: &[u8]) -> Option<Self> {{\nmatch data.first_chunk::<8>()? {{"
    )?;
    for name in events {
        writeln!(
            out,
            "d if *d == {name}::DISCRIMINATOR => {name}::parse(data).ok().map(Self::{name}),"
        )?;
    }
    writeln!(
        out,
        "_ => None,\n}}\n}}\n/// Its name.\npub fn name(&self) -> &'static str {{\nmatch self {{"
    )?;
    for name in events {
        writeln!(out, "Self::{name}(_) => {name:?},")?;
    }
    writeln!(out, "}}\n}}\n}}")?;
    Ok(())
}

fn write_instruction(out: &mut String, ix: &Value) -> Result<()> {
    let snake = str_of(&ix["name"])?;
    let name: String = snake
        .split('_')
        .map(|w| w[..1].to_uppercase() + &w[1..])
        .collect();
    docs(out, ix, snake)?;
    writeln!(
        out,
        "#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub struct {name} {{"
    )?;
    let mut metas = String::new();
    for account in array(&ix["accounts"])? {
        let account_name = str_of(&account["name"])?;
        let meta = if account["writable"].as_bool() == Some(true) {
            "new"
        } else {
            "new_readonly"
        };
        let signer = account["signer"].as_bool() == Some(true);
        if let Some(fixed) = account["address"].as_str() {
            writeln!(
                metas,
                "AccountMeta::{meta}(const {{ Address::from_str_const({fixed:?}) }}, {signer}),"
            )?;
        } else {
            docs(out, account, account_name)?;
            writeln!(out, "pub {account_name}: Address,")?;
            writeln!(metas, "AccountMeta::{meta}(self.{account_name}, {signer}),")?;
        }
    }
    let (mut params, mut encode) = (String::new(), String::new());
    for arg in array(&ix["args"])? {
        let arg_name = str_of(&arg["name"])?;
        write!(params, ", {arg_name}: {}", rust_type(&arg["type"])?)?;
        match arg["type"].as_str() {
            Some("u8" | "u16" | "u64" | "i64") => {
                writeln!(encode, "data.extend_from_slice(&{arg_name}.to_le_bytes());")?
            }
            _ => writeln!(
                encode,
                "data.extend_from_slice(bytemuck::bytes_of(&{arg_name}));"
            )?,
        }
    }
    let binding = if encode.is_empty() { "let" } else { "let mut" };
    writeln!(
        out,
        "}}\nimpl {name} {{\n/// First bytes of the instruction's data.\npub const DISCRIMINATOR: [u8; 8] = {};\n\
         /// The instruction.\npub fn instruction(&self{params}) -> Instruction {{\n{binding} data = Self::DISCRIMINATOR.to_vec();\n\
         {encode}Instruction {{ program_id: ID, accounts: vec![{metas}], data }}\n}}\n}}",
        ix["discriminator"]
    )?;
    Ok(())
}

fn write_errors(out: &mut String, errors: &[Value]) -> Result<()> {
    writeln!(
        out,
        "/// Why the program refused, by its error code.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]\n#[repr(u32)]\npub enum VaultError {{"
    )?;
    for error in errors {
        let (name, code, msg) = (
            str_of(&error["name"])?,
            &error["code"],
            str_of(&error["msg"])?,
        );
        writeln!(
            out,
            "/// {code}: {msg}\n#[error({:?})]\n{name} = {code},",
            msg.replace('{', "{{").replace('}', "}}")
        )?;
    }
    writeln!(
        out,
        "}}\nimpl VaultError {{\n/// The error of a custom program error code.\npub fn from_code(code: u32) -> Option<Self> {{\nmatch code {{"
    )?;
    for error in errors {
        writeln!(
            out,
            "{} => Some(Self::{}),",
            error["code"],
            str_of(&error["name"])?
        )?;
    }
    writeln!(
        out,
        "_ => None,\n}}\n}}\n/// Its custom program error code.\npub fn code(self) -> u32 {{ self as u32 }}\n}}"
    )?;
    Ok(())
}

fn rust_type(ty: &Value) -> Result<String> {
    Ok(match ty {
        Value::String(name) => match name.as_str() {
            "pubkey" => "Address".into(),
            "u128" => "U128Le".into(),
            "u8" | "u16" | "u32" | "u64" | "i64" => name.clone(),
            other => bail!("the IDL has a type this build script does not know: {other}"),
        },
        _ => match (
            ty["defined"]["name"].as_str(),
            ty["array"].as_array().map(Vec::as_slice),
        ) {
            (Some("PodU128"), _) => "U128Le".into(),
            (Some(name), _) => name.into(),
            (_, Some([of, len])) => format!("[{}; {len}]", rust_type(of)?),
            _ => bail!("the IDL has a type this build script does not know: {ty}"),
        },
    })
}

fn docs(out: &mut String, of: &Value, name: &str) -> Result<()> {
    match of["docs"].as_array() {
        Some(lines) => lines
            .iter()
            .filter_map(Value::as_str)
            .try_for_each(|l| writeln!(out, "/// {}", l.replace('[', "\\[").replace(']', "\\]")))?,
        None => writeln!(out, "/// `{name}`.")?,
    }
    Ok(())
}

fn discriminator(entries: &Value, ty: &Value) -> Result<String> {
    let entry = array(entries)?
        .iter()
        .find(|e| e["name"] == ty["name"])
        .context("no discriminator in the IDL")?;
    Ok(entry["discriminator"].to_string())
}

fn names(entries: &Value) -> Result<BTreeSet<String>> {
    array(entries)?
        .iter()
        .map(|e| Ok(str_of(&e["name"])?.to_owned()))
        .collect()
}

fn array(value: &Value) -> Result<&[Value]> {
    value
        .as_array()
        .map(Vec::as_slice)
        .context("the IDL lacks a list it must have")
}

fn str_of(value: &Value) -> Result<&str> {
    value.as_str().context("the IDL lacks a name it must have")
}
