//! Tests of what is told of threads. That processes are split is shown by `tests/all/processes.rs`.

use super::*;

#[test]
fn a_process_of_one_thread_is_told_from_others() {
    for (status, want) in [
        (&b"Name:\tsprat\nThreads:\t1\nSigQ:\t0/1\n"[..], true),
        (b"Name:\tThreads:\t1\nThreads:\t2\n", false),
        (b"Threads:\t11\n", false),
        (b"", false),
    ] {
        assert_eq!(is_alone(status), want, "{}", status.escape_ascii());
    }
}

#[test]
fn a_process_with_threads_is_not_split() {
    let forks = Forks::new().unwrap();
    let (told, heard) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || heard.recv());
    let error = forks.fork().unwrap_err();
    assert_eq!(error.to_string(), "the process has several threads");
    drop(told);
    let _ = other.join();
}
