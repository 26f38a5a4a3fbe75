//! How the system schedules lanes.

/// Where lane and JS thread share a core, the lane would interrupt JS for every few messages. As a
/// batch thread it waits until JS is done, so that both work through larger batches, for a fifth
/// less CPU time. Its share of the processor stays the same.
///
/// Threads with a policy that somebody has chosen keep it, and so do those in a sandbox that forbids
/// to change it.
pub(super) fn never_interrupt() {
    // By number, because musl's functions of these names always fail. Thread 0 is the calling one.
    #[cfg(target_os = "linux")]
    {
        // SAFETY: this system call takes no pointer.
        let policy = unsafe { libc::syscall(libc::SYS_sched_getscheduler, 0) };
        let priority: libc::c_int = 0;
        if policy == libc::SCHED_OTHER.into() {
            let parameters = &raw const priority;
            // SAFETY: the kernel's `sched_param` is this integer, which outlives the call.
            unsafe {
                libc::syscall(
                    libc::SYS_sched_setscheduler,
                    0,
                    libc::SCHED_BATCH,
                    parameters,
                )
            };
        }
    }
}
