//! Statistics, usage metering and the revenue report, over HTTP.

fn main() {}
