//! Leaving std's printer of backtraces out of a program (`_Unwind_Backtrace`, Linux Standard Base,
//! Core, 18.10.4).

/// Makes a program smaller by 200 KB: its panics go without a backtrace. For programs whose symbols
/// are stripped, in which a backtrace is a list of bare numbers. To stand once at the top of the
/// program's `main.rs`.
///
/// std reads debug information, names and all, in whoever prints a backtrace, and every panic may.
/// This says that there are no frames to walk, and link-time optimisation (`lto = "fat"`) finds
/// nobody who needs the rest. A panic still says what happened and where, and unwinds as before. It
/// has no effect with debug assertions, and outside Linux with the GNU C library, linked
/// dynamically.
///
/// With musl the function is in the program itself. There `without_backtraces!(static)` has the
/// same effect, and no other elsewhere; the linker must be told that the first of two definitions
/// is meant. A line of the program's `build.rs` does that:
/// `println!("cargo::rustc-link-arg-bins=-Wl,-zmuldefs")`.
///
/// ```
/// sprat::without_backtraces!();
///
/// fn main() {}
/// ```
#[macro_export(local_inner_macros)]
macro_rules! without_backtraces {
    () => {
        without_backtraces!(
            @where all(target_env = "gnu", not(target_feature = "crt-static"))
        );
    };
    (static) => {
        without_backtraces!(
            @where any(
                target_env = "musl",
                all(target_env = "gnu", not(target_feature = "crt-static"))
            )
        );
    };
    (@where $libraries:meta) => {
        #[cfg(all(not(debug_assertions), target_os = "linux", $libraries))]
        const _: () = {
            use std::ffi::{c_int, c_void};

            /// As of a stack without frames.
            const URC_END_OF_STACK: c_int = 5;

            // SAFETY: it takes the place of the C runtime's function of this name, which keeps its
            // promise so: it calls nobody, and says that it came to the end of the stack. Nothing
            // but backtraces uses it.
            #[unsafe(no_mangle)]
            extern "C" fn _Unwind_Backtrace(_: *const c_void, _: *mut c_void) -> c_int {
                URC_END_OF_STACK
            }
        };
    };
}
