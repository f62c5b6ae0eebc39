//! What every black-box test needs: a directory to serve, the real program, a raw client, and
//! measures of a process. Each test has its own of everything, so that all run side by side.

pub mod client;
pub mod measure;
pub mod server;
pub mod site;

use std::time::Duration;

#[allow(unused_imports)]
pub use client::{Framing, Raw, Reply, raw};
pub use server::Server;
pub use site::Site;

/// How long any one thing may take before the test fails. Only failures ever wait for it.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes as a person can read them, one line of the message a line.
pub fn show(bytes: &[u8]) -> String {
    const SHOWN_BYTES_MAX: usize = 4_000;
    let mut text = String::new();
    for line in bytes[..bytes.len().min(SHOWN_BYTES_MAX)].split_inclusive(|&byte| byte == b'\n') {
        text.push_str(&format!("    {}\n", line.escape_ascii()));
    }
    if bytes.len() > SHOWN_BYTES_MAX {
        text.push_str(&format!("    ... {} bytes in all\n", bytes.len()));
    }
    text
}

/// Compares bytes (or text) and prints both in full, escaped, where they differ.
#[macro_export]
macro_rules! assert_same {
    ($got:expr, $want:expr $(,)?) => {
        assert_same!($got, $want, "")
    };
    ($got:expr, $want:expr, $($about:tt)+) => {{
        let (got, want) = (&$got, &$want);
        let (got, want): (&[u8], &[u8]) = (got.as_ref(), want.as_ref());
        assert!(
            got == want,
            "{}\n  got:\n{}  want:\n{}",
            format!($($about)+),
            $crate::support::show(got),
            $crate::support::show(want)
        );
    }};
}

/// Says on the test's output that something could not be tested here, and why.
pub fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
