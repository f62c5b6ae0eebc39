//! System calls without libc: what fails here must not write `errno`, which a process that shares
//! the parent's memory shares, too, thread-local storage and all (`clone(2)`, CLONE_VM).

use std::arch::asm;

/// Makes the system call `number`; returns its result, or the negated error number.
///
/// # Safety
/// As the call itself demands of its arguments.
#[cfg(target_arch = "x86_64")]
pub unsafe fn call(number: libc::c_long, [a, b, c, d]: [usize; 4]) -> isize {
    let result: isize;
    // SAFETY: the registers are those of the system call convention, `rcx` and `r11` are the ones
    // it clobbers; what the call does is the caller's to answer for.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// Makes the system call `number`; returns its result, or the negated error number.
///
/// # Safety
/// As the call itself demands of its arguments.
#[cfg(target_arch = "aarch64")]
pub unsafe fn call(number: libc::c_long, [a, b, c, d]: [usize; 4]) -> isize {
    let result: isize;
    // SAFETY: the registers are those of the system call convention, which clobbers no other; what
    // the call does is the caller's to answer for.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number as usize,
            inlateout("x0") a as isize => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            options(nostack),
        );
    }
    result
}
