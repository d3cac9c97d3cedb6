//! The life of an attempt: every step that is allowed and every one that is not, each against a
//! database that is closed and opened again, as after a crash.

use std::path::PathBuf;

use solana_signature::Signature;
use tempfile::TempDir;

use super::*;
use AttemptState::{Expired, Landed, Planned, Refused, Sent, Signed, Superseded, Unknown};

const VAULT: Address = Address::new_from_array([7; 32]);
const SOURCE: u8 = 1;
const PLANNED_AT: i64 = 1_700_001_003;
const LAST_VALID_BLOCK_HEIGHT: u64 = 1_234;
const NO_DATABASE: &str = "these are not the rows you are looking for";

/// The states that may follow each state, written out: the rule in [`AttemptState::may_become`]
/// is held against it.
const ALLOWED: [(AttemptState, &[AttemptState]); 8] = [
    (Planned, &[Signed, Superseded, Expired]),
    (
        Signed,
        &[Sent, Unknown, Landed, Superseded, Expired, Refused],
    ),
    (Sent, &[Unknown, Landed, Superseded, Expired, Refused]),
    (Unknown, &[Unknown, Landed, Superseded, Expired, Refused]),
    (Landed, &[]),
    (Superseded, &[]),
    (Expired, &[]),
    (Refused, &[]),
];

/// A database file, opened anew for each step.
struct Disk {
    _folder: TempDir,
    path: PathBuf,
}

impl Disk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keeper.sqlite");
        Self {
            _folder: folder,
            path,
        }
    }

    async fn open(&self) -> Memory {
        Memory::open(&self.path).await.unwrap()
    }

    /// A new attempt, brought to `state` the shortest way, one process a step.
    async fn attempt_in(&self, state: AttemptState) -> i64 {
        let id = plan(&self.open().await).await.unwrap();
        let way: &[AttemptState] = match state {
            Planned => &[],
            Signed => &[Signed],
            Sent | Landed | Superseded | Expired | Refused | Unknown => &[Signed, state],
        };
        for step in way {
            advance(&self.open().await, id, *step).await.unwrap();
        }
        id
    }

    /// The attempt as a new process finds it.
    async fn read(&self, id: i64) -> Attempt {
        let all = self.open().await.recent(&VAULT, SOURCE, 100).await.unwrap();
        all.into_iter().find(|attempt| attempt.id == id).unwrap()
    }
}

fn distribution() -> Distribution {
    Distribution {
        previous_interval_id: 1_700_000_400,
        interval_id: 1_700_001_000,
        windows: 1,
        fund_lamports: 126_839_167,
        distribute_lamports: 126_839_168,
        revenue: Revenue::NanoUsd(19_025_875_190),
        nano_usd_per_sol: Some(150_000_000_000),
    }
}

fn transaction() -> SignedTransaction {
    SignedTransaction {
        signature: Signature::from([3; 64]),
        bytes: vec![1, 2, 3, 0, 255],
    }
}

async fn plan(memory: &Memory) -> Result<i64, Error> {
    memory
        .planned(&VAULT, SOURCE, &distribution(), PLANNED_AT)
        .await
}

/// As the keeper does it: signing comes with the bytes, everything else without.
async fn advance(memory: &Memory, id: i64, to: AttemptState) -> Result<(), Error> {
    match to {
        Signed => {
            memory
                .signed(id, &transaction(), LAST_VALID_BLOCK_HEIGHT)
                .await
        }
        to => memory.set(id, to, Some("why")).await,
    }
}

#[tokio::test]
async fn every_step_is_allowed_or_refused_and_what_is_left_survives_the_process() {
    for (before, allowed) in ALLOWED {
        for next in AttemptState::ALL {
            let disk = Disk::new();
            let id = disk.attempt_in(before).await;
            let earlier = disk.read(id).await;
            assert_eq!(earlier.state, before);

            let step = advance(&disk.open().await, id, next).await;
            let later = disk.read(id).await;
            let context = format!("{} to {}", before.name(), next.name());
            assert_eq!(
                before.may_become(next),
                allowed.contains(&next),
                "{context}"
            );
            if allowed.contains(&next) {
                step.unwrap_or_else(|error| panic!("{context}: {error}"));
                assert_eq!(later.state, next, "{context}");
            } else {
                assert!(step.is_err(), "{context} was allowed");
                assert_eq!(
                    later, earlier,
                    "{context} was refused and changed something"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_state_is_open_exactly_as_long_as_something_may_follow() {
    for (state, allowed) in ALLOWED {
        assert_eq!(state.is_open(), !allowed.is_empty(), "{}", state.name());
        let disk = Disk::new();
        let id = disk.attempt_in(state).await;
        let memory = disk.open().await;
        let open = memory.open_attempt(&VAULT, SOURCE).await.unwrap();
        assert_eq!(
            open.map(|attempt| attempt.id),
            state.is_open().then_some(id),
            "{}",
            state.name()
        );
        // While it is open nothing else is planned; afterwards the next attempt is.
        let next = plan(&memory).await;
        assert_eq!(next.is_err(), state.is_open(), "{}", state.name());
    }
}

#[tokio::test]
async fn what_was_planned_and_signed_is_read_back_to_the_byte() {
    let disk = Disk::new();
    let id = disk.attempt_in(Planned).await;
    let planned = disk.read(id).await;
    let distribution = distribution();
    assert_eq!(
        planned,
        Attempt {
            id,
            state: Planned,
            previous_interval_id: distribution.previous_interval_id,
            interval_id: distribution.interval_id,
            fund_lamports: distribution.fund_lamports,
            distribute_lamports: distribution.distribute_lamports,
            planned_at: PLANNED_AT,
            in_flight: None,
            note: None,
        }
    );
    let SignedTransaction { signature, bytes } = transaction();
    let in_flight = Some(InFlight {
        signature,
        bytes,
        last_valid_block_height: LAST_VALID_BLOCK_HEIGHT,
    });
    for state in [Signed, Sent, Unknown, Landed] {
        advance(&disk.open().await, id, state).await.unwrap();
        let read = disk.read(id).await;
        assert_eq!(
            (read.state, &read.in_flight),
            (state, &in_flight),
            "the bytes stay with the attempt"
        );
    }
    assert_eq!(disk.read(id).await.note.as_deref(), Some("why"));
}

#[tokio::test]
async fn vaults_and_sources_do_not_see_each_other() {
    let disk = Disk::new();
    let id = disk.attempt_in(Signed).await;
    let memory = disk.open().await;
    let other = Address::new_from_array([8; 32]);
    for (vault, source) in [(&other, SOURCE), (&VAULT, SOURCE + 1)] {
        assert_eq!(memory.open_attempt(vault, source).await.unwrap(), None);
        assert_eq!(memory.recent(vault, source, 5).await.unwrap(), []);
        memory
            .planned(vault, source, &distribution(), PLANNED_AT)
            .await
            .unwrap();
    }
    let open = memory.open_attempt(&VAULT, SOURCE).await.unwrap();
    assert_eq!(open.map(|attempt| attempt.id), Some(id));
}

#[tokio::test]
async fn the_newest_attempts_come_first() {
    let disk = Disk::new();
    let mut ids = Vec::new();
    for end in [Expired, Refused, Landed] {
        ids.push(disk.attempt_in(end).await);
    }
    let memory = disk.open().await;
    let recent = memory.recent(&VAULT, SOURCE, 2).await.unwrap();
    let recent: Vec<i64> = recent.iter().map(|attempt| attempt.id).collect();
    assert_eq!(recent, [ids[2], ids[1]]);
}

#[tokio::test]
async fn a_step_of_an_attempt_that_is_not_there_is_an_error() {
    let disk = Disk::new();
    let memory = disk.open().await;
    for step in [Signed, Expired] {
        let error = advance(&memory, 1, step).await.unwrap_err().to_string();
        assert!(error.contains("attempt 1 is not in the state"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone_by_who_only_reads() {
    let disk = Disk::new();
    std::fs::write(&disk.path, NO_DATABASE).unwrap();
    let error = Memory::open(&disk.path).await.unwrap_err();
    assert!(matches!(error, Error::MemoryDamaged(_)), "{error:?}");
    assert!(error.to_string().contains("keeper.sqlite"), "{error}");
    assert_eq!(std::fs::read_to_string(&disk.path).unwrap(), NO_DATABASE);
}

#[tokio::test]
async fn a_damaged_file_is_kept_under_another_name() {
    let disk = Disk::new();
    for number in 1..=2 {
        std::fs::write(&disk.path, NO_DATABASE).unwrap();
        let memory = Memory::open_or_set_aside(&disk.path).await.unwrap();
        plan(&memory).await.unwrap();
        let aside = disk
            .path
            .with_file_name(format!("keeper.sqlite.damaged-{number}"));
        assert_eq!(std::fs::read_to_string(aside).unwrap(), NO_DATABASE);
        // Closed, so that the next one finds no write-ahead log of it.
        memory.pool().close().await;
    }
}

#[tokio::test]
async fn damage_in_the_middle_is_found_when_it_is_opened() {
    let disk = Disk::new();
    disk.attempt_in(Landed).await;
    disk.open().await.pool().close().await;
    let mut bytes = std::fs::read(&disk.path).unwrap();
    let (page, end) = (4_096, bytes.len());
    bytes[page..end].fill(0xa5);
    std::fs::write(&disk.path, bytes).unwrap();
    let error = Memory::open(&disk.path).await.unwrap_err();
    assert!(matches!(error, Error::MemoryDamaged(_)), "{error:?}");
}

#[tokio::test]
async fn an_open_memory_can_be_begun_anew() {
    let disk = Disk::new();
    let memory = disk.open().await;
    plan(&memory).await.unwrap();
    let same = memory.clone();
    memory.renew("a test").await.unwrap();
    assert_eq!(same.recent(&VAULT, SOURCE, 5).await.unwrap(), []);
    plan(&same).await.unwrap();
}
