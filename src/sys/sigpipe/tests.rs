//! Tests of `sys::sigpipe`.

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
