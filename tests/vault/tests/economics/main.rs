//! What the vault promises as a whole: nobody gains by timing, nothing is lost, cost does not
//! grow with stakers.

mod conservation;
mod cost;
mod timing;
