//! The end of this process at its time, whatever it waits for then (alarm(2)).

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

/// What is said then.
static LAST_WORDS: OnceLock<Vec<u8>> = OnceLock::new();

/// Ends this process after so many seconds, with status 1 and these words on stderr. Only the first
/// call counts.
pub fn end_after(seconds: u32, words: Vec<u8>) {
    if LAST_WORDS.set(words).is_err() {
        return;
    }
    let mut alarm = MaybeUninit::uninit();
    let handler = end as extern "C" fn(libc::c_int);
    // SAFETY: `end` does only what a signal handler may, and `sigemptyset` makes a set of `alarm`
    // before it is read. A process may have been started with the signal blocked.
    unsafe {
        libc::signal(libc::SIGALRM, handler as libc::sighandler_t);
        libc::sigemptyset(alarm.as_mut_ptr());
        libc::sigaddset(alarm.as_mut_ptr(), libc::SIGALRM);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, alarm.as_ptr(), ptr::null_mut());
        libc::alarm(seconds);
    }
}

extern "C" fn end(_: libc::c_int) {
    let words = LAST_WORDS.get().map_or(&b""[..], |words| words);
    // SAFETY: both may be called in a signal handler (signal-safety(7)), and the words stay where
    // they are.
    unsafe {
        libc::write(libc::STDERR_FILENO, words.as_ptr().cast(), words.len());
        libc::_exit(1);
    }
}
