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

/// Makes the system call `number`; returns its result, or the negated error number.
///
/// # Safety
/// As the call itself demands of its arguments.
#[cfg(target_arch = "x86")]
pub unsafe fn call(number: libc::c_long, [a, b, c, d]: [usize; 4]) -> isize {
    let result: isize;
    // SAFETY: the registers are those of the system call convention, which clobbers no other. `esi`
    // is the compiler's own: it is lent, and has its value again before anything else runs. What
    // the call does is the caller's to answer for.
    unsafe {
        asm!(
            "xchg esi, edi",
            "int 0x80",
            "xchg esi, edi",
            inlateout("eax") number as isize => result,
            in("ebx") a,
            in("ecx") b,
            in("edx") c,
            in("edi") d,
            options(nostack),
        );
    }
    result
}

/// Makes the system call `number`; returns its result, or the negated error number.
///
/// # Safety
/// As the call itself demands of its arguments.
#[cfg(target_arch = "arm")]
pub unsafe fn call(number: libc::c_long, [a, b, c, d]: [usize; 4]) -> isize {
    let result: isize;
    // SAFETY: the registers are those of the system call convention, which clobbers no other. `r7`
    // may be the frame pointer (Thumb): it is lent, and has its value again before anything else
    // runs. What the call does is the caller's to answer for.
    unsafe {
        asm!(
            "mov {kept}, r7",
            "mov r7, {number}",
            "svc 0",
            "mov r7, {kept}",
            kept = out(reg) _,
            number = in(reg) number as usize,
            inlateout("r0") a as isize => result,
            in("r1") b,
            in("r2") c,
            in("r3") d,
            options(nostack),
        );
    }
    result
}

/// Makes the system call `number`; returns its result, or the negated error number.
///
/// # Safety
/// As the call itself demands of its arguments.
#[cfg(target_arch = "riscv64")]
pub unsafe fn call(number: libc::c_long, [a, b, c, d]: [usize; 4]) -> isize {
    let result: isize;
    // SAFETY: the registers are those of the system call convention, which clobbers no other; what
    // the call does is the caller's to answer for.
    unsafe {
        asm!(
            "ecall",
            in("a7") number as usize,
            inlateout("a0") a as isize => result,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            options(nostack),
        );
    }
    result
}
