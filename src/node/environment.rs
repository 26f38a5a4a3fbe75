//! What the addon keeps for each copy of `lib/`.
//!
//! Mostly there is one in an environment (the main thread or a worker). There are several if the
//! cache of `require` was emptied, or if a test runner loads modules anew for every file; they
//! must not hear of each other.

use std::cell::RefCell;

use napi::Env;
use napi_derive::napi;

#[cfg(unix)]
use super::lanes::Lanes;
use super::stream::Streams;

/// Everything that belongs to one copy of `lib/`.
#[derive(Default)]
pub(super) struct Instance {
    #[cfg(unix)]
    pub(super) lanes: Option<Lanes>,
    pub(super) streams: Streams,
}

thread_local! {
    /// There is one environment a thread; that is Node's rule.
    static INSTANCES: RefCell<Vec<Instance>> = const { RefCell::new(Vec::new()) };
}

impl Instance {
    /// Runs `task` with an instance of this thread; `None` after the environment's end.
    pub(super) fn with<T>(number: u32, task: impl FnOnce(&mut Self) -> T) -> Option<T> {
        INSTANCES.with(|instances| instances.borrow_mut().get_mut(number as usize).map(task))
    }

    /// Ends the lanes of all instances but `number` that have no connections: nobody may be left
    /// to need them, and an instance that is wrong about that starts them again.
    #[cfg(unix)]
    pub(super) fn end_idle_lanes(number: u32) {
        let idle: Vec<Lanes> = INSTANCES.with(|instances| {
            (0..)
                .zip(instances.borrow_mut().iter_mut())
                .filter(|(other, _)| *other != number)
                .filter_map(|(_, instance)| instance.lanes.take_if(|lanes| lanes.is_idle()))
                .collect()
        });
        drop(idle);
    }
}

/// Makes an instance for a copy of `lib/`, which names it in every other call.
#[napi(catch_unwind)]
pub fn create_instance(env: Env) -> napi::Result<u32> {
    let number = INSTANCES.with(|instances| {
        let mut instances = instances.borrow_mut();
        instances.push(Instance::default());
        instances.len() as u32 - 1
    });
    if number == 0 {
        // Ends the lanes, and with them their connections, before Node tears anything down.
        env.add_env_cleanup_hook((), |()| drop(INSTANCES.take()))?;
    }
    Ok(number)
}
