//! What the world is told equals what happened, and what is not known is `null`.

mod defillama;
mod distributions;
mod history;
mod input;
mod network;
mod pools;
mod positions;
mod realised;
mod yields;
