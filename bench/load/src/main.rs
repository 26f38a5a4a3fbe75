//! Load generator of the oxws benchmark.
//!
//! One process, one thread, one epoll instance. The first argument is a JSON document that says
//! what to do (see [`config`]); every line on standard output is a JSON document too, the last
//! one being the result. `bench/run.mjs` is the usual caller.

mod broadcast;
mod certificate;
mod checker;
mod churn;
mod config;
mod connection;
mod cycle;
mod deflate;
mod echo;
mod establish;
mod flood;
mod frame;
mod handshake;
mod idle;
mod meter;
mod pacer;
mod poll;
mod process;
mod report;
mod serve;
mod stream;

use config::Command;

/// Errors end the run and are told to the person who started it, so a boxed one is enough.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn run() -> Result<()> {
    let argument = std::env::args()
        .nth(1)
        .ok_or("usage: load '{\"mode\": \"echo\", ...}' (see bench/load/src/config.rs)")?;
    match serde_json::from_str(&argument)? {
        Command::Echo(config) => echo::run(&config),
        Command::Flood(config) => flood::run(&config),
        Command::Broadcast(config) => broadcast::run(&config),
        Command::Churn(config) => churn::run(&config),
        Command::Idle(config) => idle::run(&config),
        Command::Serve(config) => serve::run(&config),
        Command::Certificate(config) => certificate::run(&config),
    }
}

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
