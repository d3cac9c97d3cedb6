//! As much of LLVM's textual IR as the lowering needs: types, function signatures, calls.
//!
//! LLVM prints one instruction on one line, so a body stays a list of lines and only signatures
//! and calls are taken apart. The parsers accept what LLVM prints, not all that it reads.

mod call;
mod module;
mod scan;
mod signature;
mod ty;

pub use call::Call;
pub use module::{Function, Item, Module};
pub use scan::{find_symbol, leading_type, split_top_level};
pub use signature::{Parameter, Signature};
pub use ty::Type;
