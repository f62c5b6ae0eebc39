//! Tests of `sys::pidfd`.

use super::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::process::{Command, Stdio};

#[test]
fn pidfd_is_readable_once_the_child_has_ended() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let pidfd = match open(child.id()) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            drop(child.stdin.take());
            child.wait().unwrap();
            return;
        }
        answer => answer.unwrap(),
    };
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut fds = [PollFd::new(&pidfd, PollFlags::IN)];
    assert_eq!(poll(&mut fds, Some(&at_once)).unwrap(), 0);
    drop(child.stdin.take());
    let in_time = Timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    assert_eq!(poll(&mut fds, Some(&in_time)).unwrap(), 1);
    assert!(child.wait().unwrap().success());
}

#[test]
fn no_process_has_these_ids() {
    for pid in [0, u32::MAX, i32::MAX as u32 + 1] {
        assert_eq!(open(pid).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
    assert!(open(i32::MAX as u32).is_err());
}
