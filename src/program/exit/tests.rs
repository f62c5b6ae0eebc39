//! Tests of `program::exit`.

use super::*;

#[test]
fn causes_have_no_numbers() {
    let error = io::Error::from(io::ErrorKind::NotFound);
    assert_eq!(cause(&error), "entity not found");
    let error = std::fs::File::open("/nonexistent/file").unwrap_err();
    assert_eq!(cause(&error), "No such file or directory");
}
