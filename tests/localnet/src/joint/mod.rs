//! What customers simulate on the local network: a robot's joint, brought as a functional mock-up unit.

use std::io::{Cursor, Write as _};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const SOURCE: &str = include_str!("joint.c");
const DESCRIPTION: &str = include_str!("joint.xml");
/// Between two rows of a result, seconds.
pub const STEP_SECONDS: f64 = 0.01;

/// A joint that was pushed to 1 and let go.
#[derive(Clone, Copy, Debug)]
pub struct Joint {
    /// What pulls it back, N/m.
    pub stiffness: f64,
    /// What slows it down, N s/m.
    pub damping: f64,
    /// Its mass, kg.
    pub mass: f64,
    /// Steps that are simulated.
    pub steps: u16,
}

impl Joint {
    /// One of many.
    pub fn any() -> Self {
        Self {
            stiffness: rand::random_range(20.0..=200.0),
            damping: rand::random_range(0.1..=5.0),
            mass: rand::random_range(0.5..=5.0),
            steps: rand::random_range(200..=5_000),
        }
    }

    /// Where it is at the end, by the arithmetic of the unit.
    pub fn position(&self) -> f64 {
        let (mut position, mut velocity) = (1.0, 0.0);
        for _ in 0..self.steps {
            let force = -self.stiffness * position - self.damping * velocity;
            velocity += STEP_SECONDS * (force / self.mass);
            position += STEP_SECONDS * velocity;
        }
        position
    }
}

/// The unit: an archive of FMI 3.0 for Linux on x86-64, made by the machine's C compiler.
///
/// # Errors
/// There is none, or it fails.
pub fn unit() -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let [source, library] = ["joint.c", "joint.so"].map(|name| folder.path().join(name));
    std::fs::write(&source, SOURCE)?;
    let output = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-ffp-contract=off", "-o"])
        .args([&library, &source])
        .output()
        .context("a C compiler makes the customers' simulation: apt-get install gcc")?;
    ensure!(
        output.status.success(),
        "cc: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("modelDescription.xml", DESCRIPTION.as_bytes()),
        ("binaries/x86_64-linux/joint.so", &std::fs::read(library)?),
    ] {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
