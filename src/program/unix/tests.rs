//! Unix sockets by their path.

use std::os::unix::net::UnixStream;

use super::*;

/// The line of a failure.
fn refusal(path: &Path) -> String {
    listen(path, None).unwrap_err().line
}

#[test]
fn a_stale_socket_is_replaced_and_a_live_one_and_a_file_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let (first, place) = listen(&path, Some(0o600)).unwrap();
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(refusal(&path).contains("another program answers there"));
    // As after a SIGKILL: nobody has removed it.
    std::mem::forget(place);
    drop(first);
    assert!(UnixStream::connect(&path).is_err() && path.exists());
    let (second, place) = listen(&path, None).unwrap();
    assert!(UnixStream::connect(&path).is_ok());
    drop((second, place));
    assert!(!path.exists());
    fs::write(&path, "a file").unwrap();
    assert!(refusal(&path).contains("no socket"));
    assert_eq!(fs::read(&path).unwrap(), b"a file");
}

#[test]
fn a_socket_that_somebody_has_put_in_its_place_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let (_first, place) = listen(&path, None).unwrap();
    fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    drop(place);
    assert!(UnixStream::connect(&path).is_ok());
}

#[test]
fn one_whose_queue_is_full_is_not_stale() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener = socket().unwrap();
    rustix::net::bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    // Fill it.
    let mut waiting = Vec::new();
    loop {
        let socket = socket().unwrap();
        rustix::io::ioctl_fionbio(&socket, true).unwrap();
        match rustix::net::connect(&socket, &SocketAddrUnix::new(&path).unwrap()) {
            Ok(()) => waiting.push(socket),
            Err(_) => break,
        }
    }
    assert!(refusal(&path).contains("another program answers there"));
}

#[test]
fn a_path_that_no_socket_can_have_gets_a_hint() {
    let long = PathBuf::from(format!("/tmp/{}", "x".repeat(200)));
    let said = refusal(&long);
    assert!(said.contains("a path of 205 bytes is too long"), "{said}");
    assert!(said.ends_with("-b unix:NAME)"), "{said}");
    let missing = refusal(Path::new("/nowhere/at/all"));
    assert!(missing.contains("No such file"), "{missing}");
}
