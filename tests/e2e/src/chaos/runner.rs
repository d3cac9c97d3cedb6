//! A run from its first window to its verdict.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use super::world::World;
use super::{Options, Report, fingerprint, plan};

/// How long the keeper may take to distribute the first window, and all of them at the end.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs the schedule of these options; `say` is told what happens. Where not all is well, the
/// keepers' files are kept.
///
/// # Errors
/// The stand itself fails. What the keeper does wrong is in the report.
pub async fn run(options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Report> {
    let mut world = World::up(options).await?;
    let report = world.run(options, say).await;
    if !report.as_ref().is_ok_and(Report::is_sound) {
        let kept = world.keep_files(options.seed)?;
        say(&format!(
            "logs, configurations and memories are kept in {}",
            kept.display()
        ));
    }
    report
}

impl World {
    async fn run(&mut self, options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Report> {
        self.start()?;
        let created = self.stand.distributed_until().await?;
        self.distributed(created + 1, PATIENCE).await?;
        self.begin = self.stand.distributed_until().await?;

        let mut ends = Vec::new();
        let episodes = plan(options);
        for episode in &episodes {
            self.until(self.middle_of(episode.at)).await?;
            let begun = self.now();
            let lasting = self.strike(episode).await?;
            let note = match lasting.note {
                "" => String::new(),
                note => format!(" ({note})"),
            };
            self.until(self.middle_of(episode.end())).await?;
            self.lift(episode, lasting).await?;
            ends.push((episode.fault, self.now()));
            let seconds = self.now() - begun;
            let open_seconds = self.now() - self.stand.distributed_until().await?;
            let open = open_seconds / self.interval_seconds;
            say(&format!(
                "{episode}{note}: {seconds} s, {open} intervals open"
            ));
        }
        let end = self.begin_of(options.intervals);
        self.until(end).await?;
        say("the last fault is over; catching up");
        let late = self.distributed(end, PATIENCE).await.err();
        self.stop().await;
        let mut report = self.verdict(options, created, &ends).await?;
        report.schedule = fingerprint(&episodes);
        let late = late.map(|error| format!("{error:#}"));
        report.findings.extend(late);
        Ok(report)
    }

    /// Copies the files of the run to where they outlive it.
    fn keep_files(&self, seed: u64) -> Result<PathBuf> {
        let kept = std::env::temp_dir().join(format!("primis-chaos-seed-{seed}"));
        std::fs::create_dir_all(&kept)?;
        for file in std::fs::read_dir(self.stand.folder.path())? {
            let file = file?;
            std::fs::copy(file.path(), kept.join(file.file_name()))?;
        }
        Ok(kept)
    }
}
