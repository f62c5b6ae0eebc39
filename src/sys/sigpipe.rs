//! Writing to whoever has gone without `SIGPIPE`, whose default ends the process. A Rust program
//! ignores it from the start; a host of another language, or one that has restored it, may not, and
//! what it does about signals is its own.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// Calls what may raise `SIGPIPE` on this thread, and lets nobody see it. It costs two system
/// calls.
///
/// # Errors
/// What the call says; `EPIPE` comes with the signal, which is taken back.
pub fn without_sigpipe<T>(call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
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
mod tests {
    use super::*;
    use crate::sys::sendfile::send_file;
    use std::fs::{self, File};
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    /// Tells the test that it is the child, and what to do.
    const ACT: &str = "SPRAT_TEST_SIGPIPE";

    /// In a process of its own, where the signal has its default.
    #[test]
    fn a_peer_that_has_gone_ends_no_process_whose_sigpipe_has_its_default() {
        let Ok(act) = std::env::var(ACT) else {
            for (act, want) in [
                ("guarded", None),
                ("file", None),
                ("bare", Some(libc::SIGPIPE)),
            ] {
                let name = "sys::sigpipe::tests::\
                    a_peer_that_has_gone_ends_no_process_whose_sigpipe_has_its_default";
                let status = Command::new(std::env::current_exe().unwrap())
                    .args([name, "--exact"])
                    .env(ACT, act)
                    .stdout(Stdio::null())
                    .status();
                let status = status.unwrap();
                assert_eq!(status.signal(), want, "{act}: {status}");
                assert!(want.is_some() || status.success(), "{act}: {status}");
            }
            return;
        };
        // SAFETY: no handler is set.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        let (mut pipe, reader) = mio::unix::pipe::new().unwrap();
        drop(reader);
        for _ in 0..3 {
            let result = match &*act {
                "bare" => pipe.write(b"x"),
                "guarded" => without_sigpipe(|| pipe.write(b"x")),
                _ => {
                    let dir = tempfile::tempdir().unwrap();
                    fs::write(dir.path().join("file"), b"0123456789").unwrap();
                    let file = File::open(dir.path().join("file")).unwrap();
                    let (out, peer) = UnixStream::pair().unwrap();
                    drop(peer);
                    send_file(out.as_fd(), file.as_fd(), 0, 10)
                }
            };
            let kind = result.unwrap_err().kind();
            let gone = [io::ErrorKind::BrokenPipe, io::ErrorKind::Unsupported];
            assert!(gone.contains(&kind), "{kind}");
        }
    }
}
