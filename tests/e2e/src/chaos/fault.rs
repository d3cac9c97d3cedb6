//! Everything that can happen.

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL while it reads the chain.
    KillReading,
    /// SIGKILL with an attempt planned, before it has a blockhash.
    KillPlanned,
    /// SIGKILL with an attempt simulated and not signed.
    KillSimulated,
    /// SIGKILL with an attempt signed and stored, that never reaches the chain.
    KillSigned,
    /// SIGKILL with a transaction on chain whose answer was not heard.
    KillSent,
    /// SIGKILL while it looks whether what it sent has landed.
    KillWatching,
    /// SIGKILL while it asks for the status of what has landed.
    KillAsking,
    /// SIGKILL after signing; the memory is lost, and the signed transaction arrives late.
    LateArrival,
    /// Asked to stop, and started again.
    Restart,
    /// Stopped by the scheduler for a while, and continued.
    Stall,
    /// Every few calls to the RPC are lost.
    RpcDrop,
    /// Every call to every endpoint is lost.
    RpcOutage,
    /// Every call takes long.
    RpcDelay,
    /// Every call arrives twice.
    RpcTwice,
    /// Every call is answered with an error.
    RpcRefuse,
    /// The transaction lands, the answer to sending it is lost.
    AnswerLost,
    /// Bytes are thrown away, and it is said that they were executed.
    LieLanded,
    /// Bytes are thrown away, and it is said that they failed.
    LieFailed,
    /// One endpoint stands still while the chain goes on by 100 slots.
    RpcLag,
    /// What is signed is thrown away until its blockhash has expired.
    BlockhashExpiry,
    /// No file can grow.
    DiskFull,
    /// The wall clock jumps by days at every look.
    ClockJump,
    /// Bytes of the memory are overwritten while it is down.
    MemoryCorrupt,
    /// The memory is deleted while it is down.
    MemoryDeleted,
    /// The source of revenue answers 500.
    RevenueError,
    /// The source of revenue answers nonsense, signed.
    RevenueGarbage,
    /// The source of revenue's answers are signed by somebody else, and tell another sum.
    RevenueForged,
    /// The source of revenue does not answer.
    RevenueTimeout,
    /// The source of revenue is behind.
    RevenueUnsettled,
    /// The price is old, and not what it is.
    PriceStale,
    /// The price is uncertain, and not what it is.
    PriceWide,
    /// The price service answers 500.
    PriceError,
    /// The wallet is emptied, and filled again later.
    WalletEmpty,
    /// A second keeper with the same key runs too.
    Race,
    /// The authority names another keeper with a key of its own, and later the first again.
    Handover,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 35] = [
        Self::KillReading,
        Self::KillPlanned,
        Self::KillSimulated,
        Self::KillSigned,
        Self::KillSent,
        Self::KillWatching,
        Self::KillAsking,
        Self::LateArrival,
        Self::Restart,
        Self::Stall,
        Self::RpcDrop,
        Self::RpcOutage,
        Self::RpcDelay,
        Self::RpcTwice,
        Self::RpcRefuse,
        Self::AnswerLost,
        Self::LieLanded,
        Self::LieFailed,
        Self::RpcLag,
        Self::BlockhashExpiry,
        Self::DiskFull,
        Self::ClockJump,
        Self::MemoryCorrupt,
        Self::MemoryDeleted,
        Self::RevenueError,
        Self::RevenueGarbage,
        Self::RevenueForged,
        Self::RevenueTimeout,
        Self::RevenueUnsettled,
        Self::PriceStale,
        Self::PriceWide,
        Self::PriceError,
        Self::WalletEmpty,
        Self::Race,
        Self::Handover,
    ];
    /// What may happen beside another fault: it hinders, and nothing waits for it.
    pub const BESIDE: [Self; 8] = [
        Self::RpcDrop,
        Self::RpcDelay,
        Self::RpcTwice,
        Self::RevenueError,
        Self::RevenueGarbage,
        Self::RevenueUnsettled,
        Self::PriceStale,
        Self::PriceError,
    ];

    /// What it is, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::KillReading => "kill -9 while reading the chain",
            Self::KillPlanned => "kill -9 with an attempt planned",
            Self::KillSimulated => "kill -9 with an attempt simulated",
            Self::KillSigned => "kill -9 with an attempt signed, never sent",
            Self::KillSent => "kill -9 with an attempt landed, unheard",
            Self::KillWatching => "kill -9 while watching an attempt",
            Self::KillAsking => "kill -9 while asking for a status",
            Self::LateArrival => "memory lost, and a signed transaction arrives late",
            Self::Restart => "restart",
            Self::Stall => "stalled process",
            Self::RpcDrop => "RPC drops calls",
            Self::RpcOutage => "RPC is gone",
            Self::RpcDelay => "RPC delays",
            Self::RpcTwice => "RPC duplicates",
            Self::RpcRefuse => "RPC answers errors",
            Self::AnswerLost => "landed, but the answer is lost",
            Self::LieLanded => "RPC lies: landed",
            Self::LieFailed => "RPC lies: failed",
            Self::RpcLag => "RPC lags 100 slots",
            Self::BlockhashExpiry => "blockhash expires",
            Self::DiskFull => "disk full",
            Self::ClockJump => "clock jumps",
            Self::MemoryCorrupt => "SQLite corrupted",
            Self::MemoryDeleted => "SQLite deleted",
            Self::RevenueError => "revenue source answers 500",
            Self::RevenueGarbage => "revenue source answers nonsense",
            Self::RevenueForged => "revenue answer forged",
            Self::RevenueTimeout => "revenue source does not answer",
            Self::RevenueUnsettled => "revenue source is behind",
            Self::PriceStale => "price stale",
            Self::PriceWide => "price uncertain",
            Self::PriceError => "price service answers 500",
            Self::WalletEmpty => "wallet empty, then refilled",
            Self::Race => "two keepers race",
            Self::Handover => "handover to another keeper and back",
        }
    }

    /// Whether it needs a distribution to be made while it lasts.
    pub fn needs_distribution(self) -> bool {
        let lasts_while_sending = matches!(
            self,
            Self::LateArrival
                | Self::AnswerLost
                | Self::LieLanded
                | Self::LieFailed
                | Self::BlockhashExpiry
                | Self::WalletEmpty
        );
        self.is_kill() || lasts_while_sending
    }

    /// The service it is a fault of: each has one at a time.
    pub fn service(self) -> Option<&'static str> {
        match self {
            Self::RevenueError
            | Self::RevenueGarbage
            | Self::RevenueForged
            | Self::RevenueTimeout
            | Self::RevenueUnsettled => Some("revenue"),
            Self::PriceStale | Self::PriceWide | Self::PriceError => Some("price"),
            _ => None,
        }
    }

    /// Whether it kills at a step of the ledger.
    pub fn is_kill(self) -> bool {
        matches!(
            self,
            Self::KillReading
                | Self::KillPlanned
                | Self::KillSimulated
                | Self::KillSigned
                | Self::KillSent
                | Self::KillWatching
                | Self::KillAsking
        )
    }

    /// Slots that pass while it lasts, beside its length in windows: it makes them pass quickly.
    pub fn slots(self) -> u32 {
        match self {
            Self::RpcLag => 100,
            // A blockhash lives for 150 slots.
            Self::BlockhashExpiry => 155,
            _ => 0,
        }
    }
}
