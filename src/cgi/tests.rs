//! Tests of the look-up of scripts in a real tree.
