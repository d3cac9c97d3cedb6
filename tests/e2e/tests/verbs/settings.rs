//! Flags count more than variables, variables more than the file.

use anyhow::Result;

use primis_tests_e2e::stand::Stand;
use primis_tests_e2e::verb::{DONE, NEEDS_PERSON};

#[tokio::test(flavor = "multi_thread")]
async fn flags_over_variables_over_the_file() -> Result<()> {
    let stand = Stand::due().await?;
    let listens = async |arguments: &[&str], variables: &[(&str, &str)]| -> Result<String> {
        let arguments = [arguments, &["check-config", "--offline"]].concat();
        let check = stand.call_with(&arguments, variables).await?;
        let shown = check.ended(DONE)?;
        let all = shown["findings"].as_array().cloned().unwrap_or_default();
        let listen = all
            .into_iter()
            .find(|finding| finding["check"] == "memory.path");
        Ok(listen
            .map(|finding| finding["message"].to_string())
            .unwrap_or_default())
    };
    let path = |name: &str| stand.path(name).display().to_string();
    let (variable, flag) = (path("variable.sqlite"), path("flag.sqlite"));
    let variables = [("PRIMIS__MEMORY__PATH", variable.as_str())];
    let set = format!("memory.path={flag}");
    assert!(listens(&[], &[]).await?.contains("keeper.sqlite"));
    assert!(listens(&[], &variables).await?.contains("variable.sqlite"));
    assert!(
        listens(&["--set", &set], &variables)
            .await?
            .contains("flag.sqlite")
    );
    assert!(listens(&["-s", &set], &[]).await?.contains("flag.sqlite"));

    let typo = stand.call(&["--set", "memory.pth=x", "status"]).await?;
    assert!(typo.error(NEEDS_PERSON)?.contains("pth"));
    stand.chain.stop().await
}
