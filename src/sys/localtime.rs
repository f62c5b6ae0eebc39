//! Local time by the C library's time zone: `tzset(3)`, `localtime_r(3)`.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::sync::Once;

/// A moment on the local calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalTime {
    /// The year, as people count it.
    pub year: i64,
    /// The month, 0 to 11.
    pub month: usize,
    /// The day of the month, 1 to 31.
    pub day: u8,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// The second, 0 to 60.
    pub second: u8,
    /// How far its clock is ahead of UTC, in seconds.
    pub offset: i64,
}

/// The local time of this many seconds since 1970 in UTC; `None` past what the system can count:
/// past 2038 with glibc on processors of 32 bits.
pub fn local_time(seconds: i64) -> Option<LocalTime> {
    static ZONE: Once = Once::new();
    // POSIX lets localtime_r do without reading TZ, so it is read once here.
    // SAFETY: tzset takes nothing; it reads the environment, which nobody may write while
    // another thread runs (that is the contract of `std::env::set_var`).
    ZONE.call_once(|| unsafe { tzset() });
    #[allow(clippy::useless_conversion)] // `time_t` has 32 bits on some systems.
    let seconds = seconds.try_into().ok()?;
    let mut fields = MaybeUninit::<libc::tm>::uninit();
    // SAFETY: both pointers are valid for the call, and localtime_r keeps neither.
    let filled = unsafe { localtime_r(&seconds, fields.as_mut_ptr()) };
    if filled.is_null() {
        return None;
    }
    // SAFETY: localtime_r returned non-null, so it filled every field.
    let fields = unsafe { fields.assume_init() };
    Some(LocalTime {
        year: i64::from(fields.tm_year) + 1900,
        month: usize::try_from(fields.tm_mon).ok()?,
        day: u8::try_from(fields.tm_mday).ok()?,
        hour: u8::try_from(fields.tm_hour).ok()?,
        minute: u8::try_from(fields.tm_min).ok()?,
        second: u8::try_from(fields.tm_sec).ok()?,
        #[allow(clippy::useless_conversion)] // `c_long` has 32 bits on some systems.
        offset: fields.tm_gmtoff.into(),
    })
}

#[cfg(not(all(target_env = "musl", target_pointer_width = "32")))]
use libc::localtime_r;

// The libc crate has the one for programs from before musl 1.2, whose seconds have 32 bits.
// SAFETY: this is how musl declares it (time.h, by `_REDIR_TIME64`), for a `time_t` of 64 bits.
#[cfg(all(target_env = "musl", target_pointer_width = "32"))]
unsafe extern "C" {
    #[link_name = "__localtime64_r"]
    fn localtime_r(seconds: *const i64, fields: *mut libc::tm) -> *mut libc::tm;
}

// SAFETY: this is how POSIX declares it; the libc crate has it for some systems only.
unsafe extern "C" {
    fn tzset();
}

#[cfg(test)]
mod tests;
