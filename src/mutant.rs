//! Bugs planted on purpose, for the simulator to find: `mutant!("name")` stands where one would be.
//!
//! It is `false`, and compiled away, in every build but that of the tests. There one build holds
//! all of them, and a test chooses: `sim/mutants.rs` lists what each does and who finds it.

#[cfg(not(test))]
macro_rules! mutant {
    ($name:literal) => {
        false
    };
}

#[cfg(test)]
macro_rules! mutant {
    ($name:literal) => {
        $crate::mutant::is_planted($name)
    };
}

#[cfg(test)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) };
}

/// Whether the bug of this name is planted on this thread.
#[cfg(test)]
pub fn is_planted(name: &str) -> bool {
    PLANTED.get().is_some_and(|planted| planted == name)
}

/// Whether any is.
#[cfg(test)]
pub fn is_any_planted() -> bool {
    PLANTED.get().is_some()
}

/// Does something with a bug planted, on this thread.
#[cfg(all(test, feature = "cgi"))]
pub fn with<R>(name: &'static str, act: impl FnOnce() -> R) -> R {
    struct Pull;
    impl Drop for Pull {
        fn drop(&mut self) {
            PLANTED.set(None);
        }
    }
    let _pull = Pull;
    PLANTED.set(Some(name));
    act()
}
