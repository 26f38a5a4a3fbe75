//! The wake-up of a JS thread by its lanes, and what keeps its event loop alive.
//!
//! A thread-safe function of Node-API could do this, but it rings while it holds a lock that the
//! JS thread takes first of all: where both share a core, JS runs at once, blocks, and has to be
//! woken a second time.

use std::{
    ffi::c_void,
    ptr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use napi::{Env, JsValue, bindgen_prelude::Function, check_status, sys};

use super::uv::{self, Uv};

/// Calls a JS function when it is rung; dropped, no more. Several rings that JS has not answered
/// are one.
pub(super) struct Doorbell(Button);

/// What lanes ring with.
#[derive(Clone, Default)]
struct Button(Arc<Mutex<Option<Wire>>>);

/// An open handle of libuv. Its data is a [`Listener`].
#[derive(Clone, Copy)]
struct Wire {
    uv: &'static Uv,
    handle: *mut uv::Handle,
}

// SAFETY: other threads than that of the environment only call `uv_async_send`, as libuv permits.
unsafe impl Send for Wire {}

/// What is owned by a handle until it has closed.
struct Listener {
    env: sys::napi_env,
    function: sys::napi_ref,
    context: sys::napi_async_context,
    /// Makes the end of the environment wait until the handle has closed.
    cleanup: sys::napi_async_cleanup_hook_handle,
    button: Button,
    /// The memory of the handle, aligned for whatever is in it.
    handle: Box<[u128]>,
}

impl Doorbell {
    /// A doorbell that calls `function`. It does not keep the event loop alive.
    ///
    /// # Errors
    ///
    /// Fails in a runtime that is not built on libuv.
    pub(super) fn new(env: Env, function: &Function<'_, (), ()>) -> napi::Result<Self> {
        let uv = Uv::find().ok_or_else(|| napi::Error::from_reason("libuv was not found"))?;
        let doorbell = Self(Button::default());
        Listener::new(env, function, uv, &doorbell.0)?.open(uv)?;
        Ok(doorbell)
    }

    /// What lanes ring with.
    pub(super) fn button(&self) -> Box<dyn crate::net::Doorbell> {
        Box::new(self.0.clone())
    }

    /// Chooses whether the event loop stays alive for the doorbell.
    pub(super) fn hold_event_loop(&self, hold: bool) {
        if let Some(Wire { uv, handle }) = *self.0.lock() {
            let change = if hold { uv.r#ref } else { uv.unref };
            // SAFETY: the handle is open, and a doorbell stays on the thread of its environment.
            unsafe { change(handle) };
        }
    }
}

impl Drop for Doorbell {
    fn drop(&mut self) {
        self.0.disconnect();
    }
}

impl Button {
    fn lock(&self) -> MutexGuard<'_, Option<Wire>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the handle if it is open; on the thread of the environment.
    fn disconnect(&self) {
        if let Some(Wire { uv, handle }) = self.lock().take() {
            // SAFETY: it was open, and nobody has it any more.
            unsafe { (uv.close)(handle, Listener::handle_closed) };
        }
    }
}

impl crate::net::Doorbell for Button {
    fn ring(&self) {
        if let Some(Wire { uv, handle }) = &*self.lock() {
            // SAFETY: the handle is not closed while the lock is held.
            unsafe { (uv.async_send)(*handle) };
        }
    }
}

impl Listener {
    fn new(
        env: Env,
        function: &Function<'_, (), ()>,
        uv: &Uv,
        button: &Button,
    ) -> napi::Result<Box<Self>> {
        // SAFETY: libuv knows the size of every kind of handle.
        let size = unsafe { (uv.handle_size)(uv::ASYNC) };
        let mut listener = Box::new(Self {
            env: env.raw(),
            function: ptr::null_mut(),
            context: ptr::null_mut(),
            cleanup: ptr::null_mut(),
            button: button.clone(),
            handle: vec![0; size.div_ceil(size_of::<u128>())].into(),
        });
        let name = env.create_string("oxws")?.raw();
        let (env, function) = (env.raw(), function.raw());
        // SAFETY: `env` and the values belong to the running call, here and below.
        check_status!(unsafe {
            sys::napi_create_reference(env, function, 1, &raw mut listener.function)
        })?;
        // SAFETY: see above; the resource may be missing.
        check_status!(unsafe {
            sys::napi_async_init(env, ptr::null_mut(), name, &raw mut listener.context)
        })?;
        Ok(listener)
    }

    /// Opens the handle, which owns the listener from then on.
    fn open(mut self: Box<Self>, uv: &'static Uv) -> napi::Result<()> {
        let env = self.env;
        let handle = self.handle.as_mut_ptr().cast::<uv::Handle>();
        let mut event_loop = ptr::null_mut();
        // SAFETY: `env` is that of the running call.
        check_status!(unsafe { sys::napi_get_uv_event_loop(env, &raw mut event_loop) })?;
        // SAFETY: the memory is large enough, and stays where it is until the handle has closed.
        let status = unsafe { (uv.async_init)(event_loop, handle, Self::handle_rung) };
        if status != 0 {
            return Err(napi::Error::from_reason(format!("uv_async_init: {status}")));
        }
        *self.button.lock() = Some(Wire { uv, handle });
        let listener = Box::leak(self);
        let data = ptr::from_mut(listener).cast();
        // SAFETY: the handle was initialised.
        unsafe { (uv.handle_set_data)(handle, data) };
        // SAFETY: the handle was initialised.
        unsafe { (uv.unref)(handle) };
        // SAFETY: the hook is removed when the listener is dropped.
        check_status!(unsafe {
            sys::napi_add_async_cleanup_hook(
                env,
                Some(Self::handle_cleanup),
                data,
                &raw mut listener.cleanup,
            )
        })
    }

    /// The environment ends.
    unsafe extern "C" fn handle_cleanup(
        _: sys::napi_async_cleanup_hook_handle,
        listener: *mut c_void,
    ) {
        // SAFETY: the listener lives until its handle has closed.
        unsafe { &*listener.cast::<Self>() }.button.disconnect();
    }

    unsafe extern "C" fn handle_rung(handle: *mut uv::Handle) {
        if let Some(listener) = Self::of(handle) {
            // SAFETY: the listener lives until its handle has closed, which is in a later turn of
            // the event loop.
            // What fails while the environment ends need not be heard.
            let _status = unsafe { &*listener }.call();
        }
    }

    unsafe extern "C" fn handle_closed(handle: *mut uv::Handle) {
        if let Some(listener) = Self::of(handle) {
            // SAFETY: libuv has let go of the handle, and with it ends the listener.
            drop(unsafe { Box::from_raw(listener) });
        }
    }

    fn of(handle: *mut uv::Handle) -> Option<*mut Self> {
        let uv = Uv::find()?;
        // SAFETY: libuv passes the handle that was opened with this data.
        Some(unsafe { (uv.handle_get_data)(handle) }.cast())
    }

    /// Calls the function as the event loop calls functions: ticks and microtasks run after it, and
    /// what it throws is an uncaught exception.
    fn call(&self) -> napi::Result<()> {
        let env = self.env;
        let mut handles = ptr::null_mut();
        // SAFETY: the environment is alive as long as its handles, here and below; this is its
        // thread.
        check_status!(unsafe { sys::napi_open_handle_scope(env, &raw mut handles) })?;
        let mut ticks = ptr::null_mut();
        // SAFETY: see above; the resource is not looked at.
        check_status!(unsafe {
            sys::napi_open_callback_scope(env, ptr::null_mut(), self.context, &raw mut ticks)
        })?;
        let called = self.call_in_scope();
        // SAFETY: opened above.
        check_status!(unsafe { sys::napi_close_callback_scope(env, ticks) })?;
        // SAFETY: opened above.
        check_status!(unsafe { sys::napi_close_handle_scope(env, handles) })?;
        called
    }

    fn call_in_scope(&self) -> napi::Result<()> {
        let env = self.env;
        let (mut function, mut this, mut thrown) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: see `call`.
        check_status!(unsafe {
            sys::napi_get_reference_value(env, self.function, &raw mut function)
        })?;
        // SAFETY: see `call`.
        check_status!(unsafe { sys::napi_get_undefined(env, &raw mut this) })?;
        // SAFETY: see `call`; there are no arguments, and the result is not wanted.
        let status = unsafe {
            sys::napi_call_function(env, this, function, 0, ptr::null(), ptr::null_mut())
        };
        if status == sys::Status::napi_pending_exception {
            // SAFETY: see `call`.
            check_status!(unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut thrown) })?;
            // SAFETY: see `call`.
            check_status!(unsafe { sys::napi_fatal_exception(env, thrown) })?;
        }
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // SAFETY: the reference is the listener's own; the environment is alive until the hook is
        // removed.
        unsafe { sys::napi_delete_reference(self.env, self.function) };
        // SAFETY: the context is the listener's own.
        unsafe { sys::napi_async_destroy(self.env, self.context) };
        // SAFETY: the hook is the listener's own.
        unsafe { sys::napi_remove_async_cleanup_hook(self.cleanup) };
    }
}
