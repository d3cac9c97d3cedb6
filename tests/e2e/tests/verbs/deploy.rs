//! The files operators install, checked by the tools they are for where those are on this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../keeper/deploy")
        .join(name)
}

/// What a tool said; `None`, and a line that says so, where it is not installed.
fn tool(name: &str, arguments: &[&str]) -> Result<Option<Output>> {
    match Command::new(name).args(arguments).output() {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("not checked: {name} is not installed");
            Ok(None)
        }
        Err(error) => Err(error).context(name.to_owned()),
    }
}

#[test]
fn systemd_takes_the_unit() -> Result<()> {
    let text = std::fs::read_to_string(shipped("systemd/primis-keeper.service"))?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("primis-keeper.service");
    // It looks for the program, which is not installed where it is tested.
    std::fs::write(
        &path,
        text.replace("/usr/local/bin/primis-keeper", "/bin/true"),
    )?;
    let path = path.to_str().context("the path is not text")?;
    if let Some(output) = tool("systemd-analyze", &["verify", "--man=no", path])? {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.trim().is_empty(), "{said}");
    }
    Ok(())
}

#[test]
fn prometheus_takes_the_rules() -> Result<()> {
    for (verb, file) in [("check", "alerts.yml"), ("test", "alerts.test.yml")] {
        let path = shipped("prometheus").join(file);
        let path = path.to_str().context("the path is not text")?;
        if let Some(output) = tool("promtool", &[verb, "rules", path])? {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(output.status.success(), "{said}");
        }
    }
    Ok(())
}

/// Each alert is explained where its annotation says.
#[test]
fn every_alert_is_in_the_runbook() -> Result<()> {
    let rules = std::fs::read_to_string(shipped("prometheus/alerts.yml"))?;
    let runbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbook.md");
    let runbook = std::fs::read_to_string(runbook)?;
    let alerts: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() >= 7, "{alerts:?}");
    for alert in alerts {
        assert!(
            runbook.contains(&format!("### {alert}\n")),
            "{alert} is not in the runbook"
        );
        let anchor = format!("runbook: docs/runbook.md#{}", alert.to_lowercase());
        assert!(
            rules.contains(&anchor),
            "{alert} does not name its place in the runbook"
        );
    }
    for kind in [
        "needs_person",
        "stalled",
        "wallet_low",
        "price_held",
        "revenue_held",
        "rpc_held",
    ] {
        assert!(
            runbook.contains(&format!("`{kind}`")),
            "{kind} is not in the runbook"
        );
    }
    Ok(())
}

#[test]
fn the_dashboard_is_json() -> Result<()> {
    let text = std::fs::read_to_string(shipped("grafana/primis-keeper.json"))?;
    let dashboard: serde_json::Value = serde_json::from_str(&text)?;
    assert!(
        dashboard["panels"]
            .as_array()
            .is_some_and(|panels| panels.len() >= 8)
    );
    Ok(())
}
