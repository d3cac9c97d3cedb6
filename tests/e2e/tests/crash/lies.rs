//! An endpoint that lies about what has become of a transaction. Only the vault's account decides.

use anyhow::Result;
use primis_tests_e2e::stand::{Stand, until};
use primis_tests_e2e::trap::{Calls, Fault};
use serde_json::{Value, json};

/// A well-formed answer to `sendTransaction`, by an endpoint that throws the bytes away.
const ANY_SIGNATURE: &str = "1111111111111111111111111111111111111111111111111111111111111111";

/// An answer to `getSignatureStatuses` at a slot that is long past for no endpoint.
fn status(error: &Value) -> Value {
    let status = match error {
        Value::Null => json!({"Ok": null}),
        error => json!({"Err": error}),
    };
    json!({"context": {"slot": 1_000_000_000}, "value": [{
        "slot": 1, "confirmations": null, "err": error, "status": status, "confirmationStatus": "finalized",
    }]})
}

/// The bytes are thrown away, and the endpoint says that they were executed: nothing is taken for
/// distributed, and nothing new is signed until the transaction can never land.
#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_it_landed() -> Result<()> {
    let stand = Stand::due().await?;
    let lie = Fault::Pretend(status(&Value::Null));
    let mut lies = stand.proxy.rule("getSignatureStatuses", Calls::All, lie);
    let thrown = Fault::Pretend(json!(ANY_SIGNATURE));
    let _thrown = stand.proxy.rule("sendTransaction", Calls::All, thrown);
    let keeper = stand.start()?;
    lies.sprung_times(2).await?;
    stand.remembers(&["sent"]).await?;
    assert_eq!(stand.proxy.calls("simulateTransaction"), 1);

    // The lie holds it up for another lifetime of a blockhash, no longer.
    stand.outlive_blockhashes().await?;
    stand.outlive_blockhashes().await?;
    until("the verdict and a second attempt", async || {
        let attempts = stand.attempts().await?;
        Ok(attempts.len() == 2 && attempts[1]["state"] == "sent")
    })
    .await?;
    let log = std::fs::read_to_string(stand.log_of("keeper"))?;
    assert!(log.contains("its word does not count"), "{log}");
    keeper.kill().await?;
    stand.proxy.heal();
    stand.recovers(&["expired", "landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}

/// The endpoint says that the transaction failed while it is still on its way: nothing new is
/// signed, and it lands.
#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_it_failed() -> Result<()> {
    let stand = Stand::due().await?;
    let lie = Fault::Pretend(status(&json!({"InstructionError": [3, {"Custom": 6_204}]})));
    let mut lies = stand
        .proxy
        .rule("getSignatureStatuses", Calls::First(2), lie);
    let thrown = Fault::Pretend(json!(ANY_SIGNATURE));
    let _thrown = stand.proxy.rule("sendTransaction", Calls::First(3), thrown);
    let keeper = stand.start()?;
    lies.sprung_times(2).await?;
    stand.remembers(&["sent"]).await?;
    stand.landed().await?;
    stand.prints("keeper", "landed", 1).await?;
    keeper.stop().await?;
    assert_eq!(stand.proxy.calls("simulateTransaction"), 1, "signed once");
    stand.recovers(&["landed"]).await?;
    stand.keeper_paid_fees(1).await?;
    stand.chain.stop().await
}
