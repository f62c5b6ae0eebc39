//! Tests of `reactor::scratch`.

use super::*;

#[test]
fn the_pool_never_grows_past_its_cap() {
    let mut scratch = Scratch::default();
    let buffers: Vec<_> = (0..3 * POOL_MAX).map(|_| scratch.take_output()).collect();
    buffers
        .into_iter()
        .for_each(|buffer| scratch.put_output(buffer));
    assert_eq!(scratch.pooled_bytes(), POOL_MAX * WRITE_BYTES);
}
