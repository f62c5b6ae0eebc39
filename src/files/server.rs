//! The file handler: what a request names, and the answer to it.
