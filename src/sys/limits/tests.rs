//! Tests of `sys::limits`.

use super::*;

#[test]
fn memory_can_be_had_up_to_a_point() {
    assert!(has_memory(1 << 20));
    assert!(!has_memory(usize::MAX));
    // Asked of the system, which may have a quarter of all addresses where those have 32 bits.
    #[cfg(target_pointer_width = "64")]
    assert!(!has_memory(usize::MAX / 4));
}

// One test, for other tests open descriptors at the same time: only what cannot change with
// them is claimed.
#[test]
fn open_descriptors_are_counted_and_the_limit_is_raised() {
    let held: Vec<_> = (0..40)
        .map(|_| std::fs::File::open("/dev/null").unwrap())
        .collect();
    assert!(descriptors_open() >= held.len());
    assert!(descriptors_probed() >= held.len());
    assert!(descriptors_max() > held.len());
    raise_descriptors().unwrap();
    let limit = getrlimit(Resource::Nofile);
    assert!(cfg!(target_vendor = "apple") || limit.current == limit.maximum);
    raise_descriptors().unwrap();
}
