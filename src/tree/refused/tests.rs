//! Tests of `tree::refused`.

use super::*;

#[test]
fn only_what_is_known_not_to_be_there_is_not_found() {
    for (error, want) in [
        (Errno::NOENT, Refused::NotFound),
        (Errno::NOTDIR, Refused::NotFound),
        (Errno::NAMETOOLONG, Refused::NotFound),
        (Errno::INVAL, Refused::NotFound),
        (Errno::ILSEQ, Refused::NotFound),
        (Errno::ACCESS, Refused::Denied),
        (Errno::PERM, Refused::Denied),
        (Errno::NXIO, Refused::NotRegular),
        (Errno::MFILE, Refused::Busy),
        (Errno::NOMEM, Refused::Busy),
        (Errno::AGAIN, Refused::Leased),
        (Errno::IO, Refused::Failed(Errno::IO.raw_os_error())),
        (Errno::NOSPC, Refused::Failed(Errno::NOSPC.raw_os_error())),
        (Errno::STALE, Refused::Away(Errno::STALE.raw_os_error())),
        (Errno::NOTCONN, Refused::Away(Errno::NOTCONN.raw_os_error())),
        (
            Errno::TIMEDOUT,
            Refused::Away(Errno::TIMEDOUT.raw_os_error()),
        ),
        (Errno::LOOP, Refused::Away(Errno::LOOP.raw_os_error())),
    ] {
        assert_eq!(Refused::from(Why::System(error)), want, "{error}");
        assert!(!want.cause().contains("os error"));
    }
    assert_eq!(Refused::from(Why::Circle), Refused::NotFound);
    // As the C library puts it: glibc, and musl.
    let words = ["Input/output error", "I/O error"];
    assert!(words.contains(&&*Refused::of(Errno::IO).cause()));
    assert!(Refused::of(Errno::STALE).is_busy());
    assert!(!Refused::of(Errno::IO).is_busy());
}
