//! `healthcheck`: asks a running keeper whether it is alive. For containers, which have nothing
//! else to ask with.

use std::{net::SocketAddr, time::Duration};

use serde_json::json;

use crate::{
    cli::Output,
    config::Config,
    error::{Error, Exit},
};

/// Time for the answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks `/healthz`.
///
/// # Errors
/// [`Error::System`] where nothing answers, or it is stuck.
pub async fn healthcheck(config: &Config, output: Output) -> Result<Exit, Error> {
    let address = config.ops.listen;
    let failed = |cause: String| Error::System {
        what: format!("asking the keeper at {address} (ops.listen)"),
        cause: format!("{cause}; is it running?"),
    };
    match alive(address).await {
        Ok(true) => {
            let exit = Exit::Done;
            output.print(
                "alive",
                &json!({"status": "alive", "outcome": exit.name(), "exit_code": exit.code()}),
            );
            Ok(exit)
        }
        Ok(false) => Err(failed("it answers that it is stuck: restart it".into())),
        Err(cause) => Err(failed(cause)),
    }
}

/// Whether the keeper that listens there is alive; an error where no keeper does.
pub(super) async fn alive(address: SocketAddr) -> Result<bool, String> {
    // An address such as 0.0.0.0 is listened to, not asked.
    let host = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    };
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .tls_certs_only([])
        .no_proxy()
        .build()
        .map_err(|e| e.to_string())?;
    let answer = client
        .get(format!("http://{host}:{}/healthz", address.port()))
        .send()
        .await
        .map_err(|e| e.to_string())?;
    match answer.status().as_u16() {
        200 => Ok(true),
        503 => Ok(false),
        status => Err(format!(
            "something else answers there, with status {status}"
        )),
    }
}
