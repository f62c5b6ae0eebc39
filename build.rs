//! Writes the table of media types that `src/files/mime/known.rs` includes, says where system calls
//! are made without the C library, and has programs linked with short lists of what their loader must
//! adjust; `--profile small` without what a program that aborts has no use for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to write"));
    fs::write(out.join("media_types.txt"), media_types())?;
    println!("cargo::rustc-check-cfg=cfg(raw_calls)");
    if has_raw_calls() {
        println!("cargo::rustc-cfg=raw_calls");
    }
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "musl") {
        // For `without_backtraces!(static)`.
        link_with("-zmuldefs");
    }
    if packs_relocations() {
        link_with("-zpack-relative-relocs");
    }
    match is_small(&out) {
        true => leave_out_unwinding(&out),
        false => Ok(()),
    }
}

/// Passes an argument to the linker of programs: by way of a C compiler, if it is not lld itself.
fn link_with(argument: &str) {
    let linker = env::var("RUSTC_LINKER").unwrap_or_default();
    let by_way = if linker.ends_with("lld") { "" } else { "-Wl," };
    for kind in ["bins", "examples"] {
        println!("cargo::rustc-link-arg-{kind}={by_way}{argument}");
    }
}

/// Whether `src/sys/spawn/clone/raw.rs` has the system calls of this processor: those that sprat is
/// for, small and large. With the others (s390x, powerpc64) std starts programs.
fn has_raw_calls() -> bool {
    let known = ["x86_64", "x86", "aarch64", "arm", "riscv64"];
    let is_known = |arch: String| known.contains(&&*arch);
    is("CARGO_CFG_TARGET_OS", "linux") && env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(is_known)
}

/// Whether the environment has this value by this name.
fn is(name: &str, value: &str) -> bool {
    env::var(name).as_deref() == Ok(value)
}

/// Whether the addresses that a program has its loader adjust may be listed in short (RELR): in
/// two bits each, not 24 bytes.
fn packs_relocations() -> bool {
    if !is("CARGO_CFG_TARGET_OS", "linux") {
        return false;
    }
    match env::var("CARGO_CFG_TARGET_ENV").as_deref() {
        Ok("gnu") => env::var("TARGET").ok() == env::var("HOST").ok() && has_new_glibc(),
        Ok("musl") => brings_new_musl(),
        _ => false,
    }
}

/// glibc reads them since 2.36. This machine's tells whether it does; of another's nothing is known.
fn has_new_glibc() -> bool {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let said = said.map(|output| output.stdout).unwrap_or_default();
    // "glibc 2.36"
    let said = String::from_utf8_lossy(&said);
    let minor = said.trim().strip_prefix("glibc 2.");
    minor.is_some_and(|minor| minor.parse::<u32>().is_ok_and(|minor| minor >= 36))
}

/// musl reads them since 1.2.4, in a static program by the code that it begins with. Rust since 1.93
/// brings 1.2.5 for its own targets; before it was 1.2.3, with which no such program would start.
fn brings_new_musl() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    // These take the system's instead.
    let is_other = ["-crt-static", "self-contained"].map(|flag| flags.contains(flag));
    let target = env::var("TARGET").unwrap_or_default();
    if is_other.contains(&true) || !target.contains("-unknown-linux-musl") {
        return false;
    }
    let rustc = env::var_os("RUSTC").expect("cargo says which");
    let said = Command::new(rustc).arg("--version").output();
    let said = said.map(|output| output.stdout).unwrap_or_default();
    // "rustc 1.93.0 (254b59607 2026-01-19)"
    let said = String::from_utf8_lossy(&said);
    let minor = said
        .strip_prefix("rustc 1.")
        .and_then(|rest| rest.split('.').next());
    minor.is_some_and(|minor| minor.parse::<u32>().is_ok_and(|minor| minor >= 93))
}

/// What mime_guess knows, as sorted lines of `EXTENSION TYPE`. Its own tables are slices of slices:
/// at 64 bytes a row and three addresses to relocate at each start, they take five times as much.
fn media_types() -> String {
    let extensions = mime_guess::get_extensions("*", "*").expect("all of them");
    let rows: BTreeMap<&str, &str> = extensions
        .iter()
        .filter_map(|extension| Some((*extension, mime_guess::from_ext(extension).first_raw()?)))
        .collect();
    let mut table = String::new();
    for (extension, media_type) in rows {
        let line = format!("{extension} {media_type}\n");
        let is_plain = line.is_ascii() && line.matches([' ', '\n']).count() == 2;
        assert!(is_plain, "{line:?} cannot be a line of the table");
        table.push_str(&line);
    }
    table
}

/// Whether this is a build with `--profile small`. Cargo tells build scripts neither the profile's
/// name nor how it panics, but the folder is named for it.
fn is_small(out: &Path) -> bool {
    let small = out.components().any(|part| part.as_os_str() == "small");
    small && env::var("OPT_LEVEL").is_ok_and(|level| level == "z")
}

/// The tables for unwinding, which the standard library comes with, are a seventh of the program.
/// Where a panic aborts, nobody reads them; but the objects that a program begins and ends with name
/// them where the C library is musl.
fn leave_out_unwinding(out: &Path) -> io::Result<()> {
    if !is("CARGO_CFG_TARGET_OS", "linux") || is("CARGO_CFG_TARGET_ENV", "musl") {
        return Ok(());
    }
    let script = out.join("small.ld");
    let tables = "*(.eh_frame .eh_frame_hdr .gcc_except_table .gcc_except_table.*)";
    let text = format!("SECTIONS {{ /DISCARD/ : {{ {tables} }} }} INSERT AFTER .rodata;\n");
    fs::write(&script, text)?;
    link_with(&format!("-T{}", script.display()));
    link_with("--no-eh-frame-hdr");
    Ok(())
}
