//! State of one environment: the main thread's or a worker's.

use std::cell::RefCell;

use napi::{Env, bindgen_prelude::Function};
use napi_derive::napi;

#[cfg(unix)]
use super::lanes::Lanes;
use super::{doorbell::Doorbell, stream::Streams};

/// Everything that lives and dies with an environment.
pub(super) struct Environment {
    doorbell: Doorbell,
    #[cfg(unix)]
    pub(super) lanes: Lanes,
    pub(super) streams: Streams,
}

thread_local! {
    /// There is one environment a thread; that is Node's rule.
    static ENVIRONMENT: RefCell<Option<Environment>> = const { RefCell::new(None) };
}

impl Environment {
    /// Runs `task` with the environment of this thread; `None` before `init` or after its end.
    pub(super) fn with<T>(task: impl FnOnce(&mut Self) -> T) -> Option<T> {
        ENVIRONMENT.with(|environment| environment.borrow_mut().as_mut().map(task))
    }
}

/// Sets the environment up. `listener` is called when the inbox has something for JS; `lanes` is
/// the number of I/O threads, started when they are first needed.
#[napi(catch_unwind)]
pub fn init(env: Env, listener: Function<'_, (), ()>, lanes: u32) -> napi::Result<()> {
    let doorbell = Doorbell::new(&listener)?;
    let environment = Environment {
        #[cfg(unix)]
        lanes: Lanes::new(lanes as usize, doorbell.clone()),
        streams: Streams::default(),
        doorbell,
    };
    #[cfg(not(unix))]
    let _ = lanes;
    ENVIRONMENT.set(Some(environment));
    // Ends the lanes, and with them their connections, before Node tears anything down.
    env.add_env_cleanup_hook((), |()| drop(ENVIRONMENT.take()))?;
    Ok(())
}

/// Chooses whether open connections keep the event loop alive.
#[napi(catch_unwind)]
pub fn hold_event_loop(env: Env, hold: bool) {
    Environment::with(|environment| environment.doorbell.hold_event_loop(&env, hold));
}
