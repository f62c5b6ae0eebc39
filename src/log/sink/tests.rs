//! Tests of `log::sink`.

use super::*;

#[test]
fn pieces_end_at_a_line_and_fit_a_pipe() {
    let long = [b'a'; 2 * PIPE_BYTES];
    assert_eq!(piece(b""), b"");
    assert_eq!(piece(b"a\nb"), b"a\nb");
    assert_eq!(piece(&long).len(), PIPE_BYTES);
    let mut lines = long;
    lines[9] = b'\n';
    lines[PIPE_BYTES] = b'\n';
    assert_eq!(piece(&lines), b"aaaaaaaaa\n");
    lines[PIPE_BYTES - 1] = b'\n';
    assert_eq!(piece(&lines).len(), PIPE_BYTES);
}
