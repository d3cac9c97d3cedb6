//! What a browser gets, and the numbers it shows.

mod numbers;
mod served;
