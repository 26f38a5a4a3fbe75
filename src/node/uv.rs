//! The few functions of libuv that a doorbell needs, as the process that loaded the addon has them.

use std::{
    ffi::{CStr, c_int, c_void},
    sync::OnceLock,
};

use napi::sys::uv_loop_s;

/// `uv_handle_t`; only libuv knows what is in it.
#[repr(C)]
pub(super) struct Handle {
    _opaque: [u8; 0],
}

pub(super) type Callback = unsafe extern "C" fn(*mut Handle);

/// Functions of libuv; their names begin with `uv_` there.
pub(super) struct Uv {
    pub(super) handle_size: unsafe extern "C" fn(c_int) -> usize,
    pub(super) handle_get_data: unsafe extern "C" fn(*const Handle) -> *mut c_void,
    pub(super) handle_set_data: unsafe extern "C" fn(*mut Handle, *mut c_void),
    pub(super) async_init: unsafe extern "C" fn(*mut uv_loop_s, *mut Handle, Callback) -> c_int,
    pub(super) async_send: unsafe extern "C" fn(*mut Handle) -> c_int,
    pub(super) r#ref: unsafe extern "C" fn(*mut Handle),
    pub(super) unref: unsafe extern "C" fn(*mut Handle),
    pub(super) close: unsafe extern "C" fn(*mut Handle, Callback),
}

/// `UV_ASYNC` of `uv_handle_type`.
pub(super) const ASYNC: c_int = 1;

impl Uv {
    /// The functions; `None` in a runtime that is not built on libuv.
    pub(super) fn find() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<Uv>> = OnceLock::new();
        FOUND.get_or_init(Self::look_up).as_ref()
    }

    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one argument holds for all of them"
    )]
    fn look_up() -> Option<Self> {
        // SAFETY: the types are those of uv.h, which version 1 of libuv promises not to change.
        unsafe {
            Some(Self {
                handle_size: function(c"uv_handle_size")?,
                handle_get_data: function(c"uv_handle_get_data")?,
                handle_set_data: function(c"uv_handle_set_data")?,
                async_init: function(c"uv_async_init")?,
                async_send: function(c"uv_async_send")?,
                r#ref: function(c"uv_ref")?,
                unref: function(c"uv_unref")?,
                close: function(c"uv_close")?,
            })
        }
    }
}

/// Finds a function of the process by its name.
///
/// # Safety
///
/// `F` has to be the type of a pointer to that function.
unsafe fn function<F: Copy>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) }
    // SAFETY: `name` is a C string; there are no other conditions.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    // SAFETY: the size was checked, and the caller vouches for the type.
    (!address.is_null()).then(|| unsafe { std::mem::transmute_copy(&address) })
}
