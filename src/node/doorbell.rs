//! The wake-up of a JS thread by its lanes, and what keeps its event loop alive.

use std::sync::Arc;

use napi::{
    Env, Status,
    bindgen_prelude::Function,
    sys,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};

type Callback = ThreadsafeFunction<(), (), (), Status, false, true>;

/// Calls a JS function from any thread.
#[derive(Clone)]
pub(super) struct Doorbell(Arc<Callback>);

impl Doorbell {
    /// A doorbell that calls `listener`. It does not keep the event loop alive.
    pub(super) fn new(listener: &Function<'_, (), ()>) -> napi::Result<Self> {
        let callback = listener
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .weak::<true>()
            .build()?;
        Ok(Self(Arc::new(callback)))
    }

    /// Chooses whether the event loop stays alive for the doorbell.
    pub(super) fn hold_event_loop(&self, env: &Env, hold: bool) {
        let (env, function) = (env.raw(), self.0.raw());
        let change = if hold {
            sys::napi_ref_threadsafe_function
        } else {
            sys::napi_unref_threadsafe_function
        };
        // SAFETY: called on the JS thread of the environment that created the function, which
        // lives as long as `self`.
        let _status = unsafe { change(env, function) };
    }

    /// Makes JS drain its inbox soon.
    pub(super) fn ring(&self) {
        // Fails only while the environment ends, when nobody is there to listen.
        let _status = self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

impl crate::net::Doorbell for Doorbell {
    fn ring(&self) {
        Self::ring(self);
    }
}
