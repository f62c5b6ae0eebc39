//! Tests of `reactor::scratch`.

use super::*;

#[test]
fn the_pool_never_grows_past_its_cap() {
    for (grown, kept) in [(WRITE_BYTES, 64), (2 * WRITE_BYTES, 32), (GROWN_BYTES, 16)] {
        let mut scratch = Scratch::default();
        let buffers: Vec<_> = (0..200).map(|_| scratch.take_output()).collect();
        for mut buffer in buffers {
            buffer.reserve_exact(grown);
            scratch.put_output(buffer);
        }
        assert_eq!(scratch.pooled_bytes(), POOL_BYTES_MAX);
        assert_eq!(scratch.pool.len(), kept);
        for _ in 0..kept {
            assert!(scratch.take_output().is_empty());
        }
        assert_eq!(scratch.pooled_bytes(), 0);
    }
}

#[test]
fn a_buffer_that_has_grown_comes_back_as_it_is_and_one_too_large_does_not() {
    for (grown, next) in [
        (2 * WRITE_BYTES, 2 * WRITE_BYTES),
        (GROWN_BYTES + 1, WRITE_BYTES),
    ] {
        let mut scratch = Scratch::default();
        let mut buffer = scratch.take_output();
        buffer.reserve_exact(grown);
        scratch.put_output(buffer);
        assert_eq!(scratch.take_output().capacity(), next);
    }
}
