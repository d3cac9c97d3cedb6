//! What `modelDescription.xml` says, as far as a run needs it.

use std::{fs, path::Path};

use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};

use crate::{Code, Failure};

/// Longest description read, bytes.
const MAX_BYTES: u64 = 16 << 20;
/// Most variables of a unit.
const MAX_VARIABLES: usize = 100_000;

/// Which standard the unit follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// FMI 2.0.
    #[serde(rename = "2.0")]
    Two,
    /// FMI 3.0.
    #[serde(rename = "3.0")]
    Three,
}

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whole {
    /// 8 bits, signed.
    I8,
    /// 8 bits.
    U8,
    /// 16 bits, signed.
    I16,
    /// 16 bits.
    U16,
    /// 32 bits, signed; also enumerations of FMI 2.
    I32,
    /// 32 bits.
    U32,
    /// 64 bits, signed; also enumerations of FMI 3.
    I64,
    /// 64 bits.
    U64,
}

impl Whole {
    /// Least and largest value.
    pub fn bounds(self) -> (i128, i128) {
        match self {
            Self::I8 => (i8::MIN.into(), i8::MAX.into()),
            Self::U8 => (0, u8::MAX.into()),
            Self::I16 => (i16::MIN.into(), i16::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::I32 => (i32::MIN.into(), i32::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::I64 => (i64::MIN.into(), i64::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
        }
    }
}

/// Type of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// 64 bits.
    Real,
    /// 32 bits; only in FMI 3.
    Real32,
    /// An integer or enumeration.
    Whole(Whole),
    /// True or false.
    Boolean,
    /// A string.
    Text,
}

/// A scalar variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its handle in the interface.
    pub reference: u32,
    /// Its type.
    pub kind: Kind,
    /// Whether it is an output.
    pub output: bool,
    /// Whether it takes a start value.
    pub settable: bool,
}

/// What a run needs to know of a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Which standard it follows.
    pub version: Version,
    /// Name of the model.
    pub model_name: String,
    /// What the library checks to be of this description.
    pub token: String,
    /// Name of the library without its ending.
    pub identifier: String,
    /// Whether steps may differ in length.
    pub variable_step: bool,
    /// Where its simulation begins.
    pub start_time: f64,
    /// Its scalar variables.
    pub variables: Vec<Variable>,
}

impl Description {
    /// Reads the description of an unpacked unit, and finds its library.
    ///
    /// # Errors
    /// If it cannot be run here.
    pub fn read(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join("modelDescription.xml");
        let bad = |problem: &str| {
            Failure::new(
                Code::BadDescription,
                format!("modelDescription.xml {problem}"),
            )
        };
        let length = fs::metadata(&path)
            .map_err(|_| bad("is missing at the top of the archive"))?
            .len();
        if length > MAX_BYTES {
            return Err(bad("is over 16 MiB"));
        }
        let text = fs::read_to_string(&path).map_err(|_| bad("is not UTF-8"))?;
        let unit = Self::parse(&text)?;
        if !directory.join(unit.library()).is_file() {
            return Err(Failure::new(
                Code::NoBinary,
                format!(
                    "there is no {}: build the unit for Linux on x86-64",
                    unit.library()
                ),
            ));
        }
        Ok(unit)
    }

    /// Reads a description.
    ///
    /// # Errors
    /// If it is not one of a unit that can run here.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        // Without a document type, so without entities that expand.
        let document = Document::parse(text).map_err(|error| {
            Failure::new(
                Code::BadDescription,
                format!("modelDescription.xml is not well-formed: {error}"),
            )
        })?;
        let root = document.root_element();
        if root.tag_name().name() != "fmiModelDescription" {
            return Err(Failure::new(
                Code::BadDescription,
                "modelDescription.xml does not describe a model",
            ));
        }
        let version = match root.attribute("fmiVersion") {
            Some("2.0") => Version::Two,
            Some(other) if other.starts_with("3.0") => Version::Three,
            other => {
                return Err(Failure::new(
                    Code::UnsupportedVersion,
                    format!(
                        "FMI {} is not taken: export the unit as FMI 2.0 or 3.0",
                        other.unwrap_or("without a version")
                    ),
                ));
            }
        };
        let simulation = child(root, "CoSimulation").ok_or_else(|| {
            Failure::new(
                Code::NoCoSimulation,
                "the unit cannot simulate by itself: export it for co-simulation",
            )
        })?;
        let identifier = required(simulation, "modelIdentifier")?;
        // It becomes a part of a path.
        if !identifier
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
            || identifier.is_empty()
        {
            return Err(Failure::new(
                Code::BadDescription,
                "modelIdentifier is not the name of a C function",
            ));
        }
        let token = required(
            root,
            if version == Version::Two {
                "guid"
            } else {
                "instantiationToken"
            },
        )?;
        let start_time = child(root, "DefaultExperiment")
            .and_then(|node| node.attribute("startTime"))
            .map_or(Ok(0.0), |text| text.trim().parse::<f64>())
            .ok()
            .filter(|time| time.is_finite())
            .ok_or_else(|| Failure::new(Code::BadDescription, "startTime is not a number"))?;
        let variables = variables(version, root)?;
        if [token, identifier].iter().any(|text| text.contains('\0')) {
            return Err(Failure::new(Code::BadDescription, "a name has a zero byte"));
        }
        Ok(Self {
            version,
            model_name: root.attribute("modelName").unwrap_or(identifier).to_owned(),
            token: token.to_owned(),
            identifier: identifier.to_owned(),
            variable_step: is_true(simulation, "canHandleVariableCommunicationStepSize"),
            start_time,
            variables,
        })
    }

    /// Where the library lies in the archive.
    pub fn library(&self) -> String {
        let platform = match self.version {
            Version::Two => "linux64",
            Version::Three => "x86_64-linux",
        };
        format!("binaries/{platform}/{}.so", self.identifier)
    }

    /// Its outputs.
    pub fn outputs(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter().filter(|variable| variable.output)
    }
}

fn variables(version: Version, root: Node<'_, '_>) -> Result<Vec<Variable>, Failure> {
    let Some(list) = child(root, "ModelVariables") else {
        return Err(Failure::new(
            Code::BadDescription,
            "ModelVariables is missing",
        ));
    };
    let mut variables = Vec::new();
    for node in list.children().filter(Node::is_element) {
        let kind = match version {
            Version::Two => node
                .children()
                .filter(Node::is_element)
                .find_map(|node| kind_of_two(node.tag_name().name())),
            // An array has no one value.
            Version::Three if child(node, "Dimension").is_some() => None,
            Version::Three => kind_of_three(node.tag_name().name()),
        };
        // Binary values and clocks are neither set nor recorded.
        let Some(kind) = kind else { continue };
        let reference = required(node, "valueReference")?
            .parse()
            .map_err(|_| Failure::new(Code::BadDescription, "a valueReference is not a number"))?;
        let causality = node.attribute("causality").unwrap_or("local");
        let variability = node.attribute("variability");
        let initial = node.attribute("initial");
        let settable = variability != Some("constant")
            && (matches!(causality, "parameter" | "structuralParameter" | "input")
                || matches!(initial, Some("exact" | "approx")));
        variables.push(Variable {
            name: required(node, "name")?.to_owned(),
            reference,
            kind,
            output: causality == "output",
            settable,
        });
        if variables.len() > MAX_VARIABLES {
            return Err(Failure::new(
                Code::BadDescription,
                "the unit has over 100,000 variables",
            ));
        }
    }
    Ok(variables)
}

fn kind_of_two(tag: &str) -> Option<Kind> {
    Some(match tag {
        "Real" => Kind::Real,
        "Integer" | "Enumeration" => Kind::Whole(Whole::I32),
        "Boolean" => Kind::Boolean,
        "String" => Kind::Text,
        _ => return None,
    })
}

fn kind_of_three(tag: &str) -> Option<Kind> {
    Some(match tag {
        "Float64" => Kind::Real,
        "Float32" => Kind::Real32,
        "Int8" => Kind::Whole(Whole::I8),
        "UInt8" => Kind::Whole(Whole::U8),
        "Int16" => Kind::Whole(Whole::I16),
        "UInt16" => Kind::Whole(Whole::U16),
        "Int32" => Kind::Whole(Whole::I32),
        "UInt32" => Kind::Whole(Whole::U32),
        "Int64" | "Enumeration" => Kind::Whole(Whole::I64),
        "UInt64" => Kind::Whole(Whole::U64),
        "Boolean" => Kind::Boolean,
        "String" => Kind::Text,
        _ => return None,
    })
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|node| node.tag_name().name() == name)
}

fn is_true(node: Node<'_, '_>, name: &str) -> bool {
    matches!(node.attribute(name), Some("true" | "1"))
}

fn required<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str, Failure> {
    node.attribute(name).ok_or_else(|| {
        Failure::new(
            Code::BadDescription,
            format!("{} has no {name}", node.tag_name().name()),
        )
    })
}
