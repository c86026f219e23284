//! How busy the processors are, by the system's own clocks. `sysinfo` asks the performance counters for it, which loads
//! their libraries into a resident program and finds nothing where an administrator has switched them off.
#![expect(unsafe_code, reason = "the clocks are only there through the Windows API")]

use ::windows::Win32::{Foundation::FILETIME, System::Threading::GetSystemTimes};

/// What all processors together have done since the system started, in units of 100 ns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clocks {
    idle: u64,
    all: u64,
}

impl Clocks {
    /// The clocks now; `None` if the system does not tell.
    pub(crate) fn now() -> Option<Self> {
        let (mut idle, mut kernel, mut user) = (FILETIME::default(), FILETIME::default(), FILETIME::default());
        // SAFETY: the three results outlive the call.
        unsafe { GetSystemTimes(Some(&raw mut idle), Some(&raw mut kernel), Some(&raw mut user)) }.ok()?;
        let number = |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
        // The kernel's share holds the idle one (`GetSystemTimes`, Remarks).
        Some(Self { idle: number(idle), all: number(kernel).saturating_add(number(user)) })
    }

    /// The busy share since an earlier look: part and whole. The whole is zero if no time has passed.
    pub(crate) fn busy_since(self, before: Self) -> (u64, u64) {
        let all = self.all.saturating_sub(before.all);
        (all.saturating_sub(self.idle.saturating_sub(before.idle)), all)
    }
}
