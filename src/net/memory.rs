//! Gives freed memory back to the system.

/// Makes the allocator return what it keeps of freed memory. glibc does not by itself when small
/// allocations that are still in use lie between; other allocators need no telling.
pub fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` has no preconditions; it may be called on any thread at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}
