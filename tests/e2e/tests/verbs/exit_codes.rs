//! Exit code 1, and that the help documents all of them. The others are met in the other tests.

use anyhow::Result;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::verb::{DONE, FAILED, output};

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_on_this_machine_ends_with_one() -> Result<()> {
    let stand = Stand::due().await?;
    // A memory that is no database: who writes it would set it aside, who reads it does not.
    std::fs::write(
        stand.memory(),
        "this is no database, whatever its name says",
    )?;
    for verb in ["status", "history"] {
        let ended = stand.call(&[verb]).await?;
        let error = ended.error(FAILED)?;
        assert!(
            error.contains("keeper.sqlite") && error.contains("set it aside"),
            "{verb}: {error}"
        );
    }
    let (code, said, log) = output(&stand.config(), &["history"]).await?;
    assert_eq!((code, said.as_str()), (FAILED, ""));
    assert!(log.contains("failed: the memory is damaged: "), "{log}");
    stand.forget()?;

    // A memory nobody can write.
    let nowhere = format!(
        "memory.path={}/keeper.sqlite",
        stand.path("nowhere").display()
    );
    let once = stand.call(&["--set", &nowhere, "once"]).await?;
    let error = once.error(FAILED)?;
    assert!(error.contains("nowhere/keeper.sqlite"), "{error}");

    // A port that is taken.
    let busy = std::net::TcpListener::bind("127.0.0.1:0")?;
    let listen = format!("ops.listen={}", busy.local_addr()?);
    let run = stand.call(&["--set", &listen, "run"]).await?;
    let error = run.error(FAILED)?;
    assert!(
        error.contains("listening on 127.0.0.1") && error.contains("ops.listen"),
        "{error}"
    );
    // Nobody to ask.
    let health = stand
        .call(&["--set", "ops.listen=127.0.0.1:1", "healthcheck"])
        .await?;
    assert!(health.error(FAILED)?.contains("is it running?"));
    assert_eq!(stand.proxy.calls("sendTransaction"), 0);
    stand.chain.stop().await
}

#[tokio::test]
async fn the_help_of_every_verb_documents_them() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let none = folder.path().join("none.toml");
    for verb in [
        "run",
        "once",
        "plan",
        "status",
        "history",
        "reconcile",
        "init-vault",
        "check-config",
    ] {
        let (code, said, _) = output(&none, &[verb, "--help"]).await?;
        assert_eq!(code, DONE);
        for line in [
            "0  done",
            "1  failed",
            "2  a person must act",
            "100  try again later",
            "--json",
            "--set",
        ] {
            assert!(said.contains(line), "{verb}: {said}");
        }
    }
    let (code, sample, _) = output(&none, &["sample-config"]).await?;
    assert_eq!(code, DONE);
    assert!(
        sample.contains("[chain]") && sample.contains("[alerts]"),
        "{sample}"
    );
    Ok(())
}
