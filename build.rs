//! Passes the linker flags that a Node-API addon needs.

fn main() {
    #[cfg(feature = "node")]
    napi_build::setup();
}
