//! Writing to whoever has gone without `SIGPIPE`, whose default ends the process. A Rust program
//! ignores it from the start; a host of another language, or one that has restored it, may not, and
//! what it does about signals is its own.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// Calls what may raise `SIGPIPE` on this thread, and lets nobody see it. It costs one system call
/// where that is ignored, as in a Rust program, and three where it is not.
///
/// # Errors
/// What the call says; `EPIPE` comes with the signal, which is taken back.
pub fn without_sigpipe<T>(call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if is_ignored() {
        return call();
    }
    let pipe = only_sigpipe();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `pipe` is a set, and the call fills `before`; it cannot fail with such arguments.
    let before = unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, before.as_mut_ptr());
        before.assume_init()
    };
    let result = call();
    // SAFETY: `before` is a set.
    let was_blocked = unsafe { libc::sigismember(&before, libc::SIGPIPE) } == 1;
    if was_blocked {
        // One that is pending now may be somebody else's, and does no harm.
        return result;
    }
    let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    if result.as_ref().is_err_and(is_gone) {
        take_pending(&pipe);
    }
    // SAFETY: `before` is a set, and no other is asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut()) };
    result
}

/// Asked each time: another part of the program may change it whenever it likes.
fn is_ignored() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: no action is set, and the one that there is is written to `action` if the call says
    // that it went well.
    unsafe {
        libc::sigaction(libc::SIGPIPE, ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

fn only_sigpipe() -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` fills the set, to which a signal that there is can be added.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        set.assume_init()
    }
}

/// Takes the signal back, if it was not ignored anyway. As it is pending, nothing waits.
fn take_pending(pipe: &libc::sigset_t) {
    let mut pending = MaybeUninit::<libc::sigset_t>::uninit();
    let mut taken = 0;
    // SAFETY: `sigpending` fills the set, and `sigwait` writes an int.
    unsafe {
        libc::sigpending(pending.as_mut_ptr());
        if libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1 {
            libc::sigwait(pipe, &mut taken);
        }
    }
}

#[cfg(test)]
mod tests;
