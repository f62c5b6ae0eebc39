//! Seeds of switched connections.

use super::*;
use crate::testing::doors::framing::replay;

/// Seeds of a plain `cargo test`, a count.
const SEEDS: u64 = 48;

#[test]
fn every_switched_connection_carries_each_byte_once() {
    for seed in 0..SEEDS {
        println!("seed {seed:#x}"); // shown when it fails
        upgrade(Tape::from_seed(seed).bytes());
    }
}

#[test]
fn seeds_of_upgrade_hold() {
    replay("upgrade", upgrade);
}
