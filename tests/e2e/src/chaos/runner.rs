//! A run from its first window to its verdict.

use std::time::Duration;

use anyhow::Result;

use super::world::World;
use super::{Options, Report, fingerprint, plan};

/// How long the keeper may take to distribute the first window, and all of them at the end.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs the schedule of these options; `say` is told what happens.
///
/// # Errors
/// The stand itself fails. What the keeper does wrong is in the report.
pub async fn run(options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Report> {
    let mut world = World::up(options).await?;
    world.start()?;
    let created = world.stand.distributed_until().await?;
    world.distributed(created + 1, PATIENCE).await?;
    world.begin = world.stand.distributed_until().await?;

    let mut ends = Vec::new();
    let episodes = plan(options);
    for episode in &episodes {
        world.until(world.middle_of(episode.at)).await?;
        let begun = world.now();
        let lasting = world.strike(episode).await?;
        let note = lasting.note;
        world.until(world.middle_of(episode.end())).await?;
        world.lift(episode, lasting).await?;
        ends.push((episode.fault, world.now()));
        let seconds = world.now() - begun;
        let until = world.stand.distributed_until().await?;
        let behind = (world.now() - until) / world.interval_seconds;
        let note = if note.is_empty() {
            ""
        } else {
            &format!(" ({note})")
        };
        say(&format!(
            "{episode}{note}: {seconds} s, {behind} intervals open"
        ));
    }
    let end = world.begin_of(options.intervals);
    world.until(end).await?;
    say("the last fault is over; catching up");
    let late = world.distributed(end, PATIENCE).await.err();
    world.stop().await?;
    let mut report = world.verdict(options, created, &ends).await?;
    report.schedule = fingerprint(&episodes);
    report
        .findings
        .extend(late.map(|error| format!("{error:#}")));
    Ok(report)
}
