//! `once`: one round, for schedulers that start the keeper themselves.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::describe;
use crate::{
    cli::Output,
    config::Config,
    duties::{self, Duties},
    error::{Error, Exit},
    keeper::{Keeper, Outcome},
    ops::stop_signal,
};

/// Rounds one call makes at most: an attempt left open by a crash, one that expired, and what is
/// due now.
const MAX_ROUNDS: usize = 4;

/// Follows an open attempt to its end, then distributes what is due; then does what base staking has
/// due, whether that succeeded or not.
///
/// # Errors
/// Whatever stands in the way of the distribution, else of the duties.
pub async fn once(config: &Config, output: Output) -> Result<Exit, Error> {
    let keeper = Keeper::from_config(config).await?;
    let stop = stop_signal()?;
    let distributed = distribute(&keeper, output, &stop).await;
    let duties = Duties::new(keeper.decider, config);
    let done = duties::once(&duties, output, &stop).await;
    let exit = distributed?;
    let done = done?;
    let exit = if exit == Exit::Done { done.exit } else { exit };
    if done.done > 0 || done.failed > 0 {
        output.print(
            &format!(
                "base staking: {} duties done, {} failed",
                done.done, done.failed
            ),
            &json!({"event": "duties", "done": done.done, "failed": done.failed, "outcome": exit.name(), "exit_code": exit.code()}),
        );
    }
    Ok(exit)
}

async fn distribute(
    keeper: &Keeper,
    output: Output,
    stop: &CancellationToken,
) -> Result<Exit, Error> {
    let mut last = keeper.round(stop).await?;
    let mut landed = false;
    for _ in 1..MAX_ROUNDS {
        // After something landed or expired there may be more: a part beyond the cap, or the
        // same interval anew. What is then only waited for is not news.
        landed |= matches!(last, Outcome::Landed { .. });
        let done = matches!(last, Outcome::Waiting { .. } | Outcome::InFlight { .. });
        if done || stop.is_cancelled() {
            break;
        }
        output.print(&describe::text(&last), &describe::json(&last));
        last = keeper.round(stop).await?;
        if landed && matches!(last, Outcome::Waiting { .. }) {
            return Ok(Exit::Done);
        }
    }
    output.print(&describe::text(&last), &describe::json(&last));
    Ok(describe::exit(&last))
}
