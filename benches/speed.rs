//! How fast the parts are, and the whole without sockets: `cargo bench --bench speed [FILTER]`.
//!
//! Most rows sweep a number of things (connections, deadlines, files), to show that the cost of one
//! request does not grow with it. Times are wall times; on a busy machine the fastest tells most.

#[path = "speed/engine.rs"]
mod engine;
#[path = "speed/parts.rs"]
mod parts;

fn main() {
    let site = engine::make_site();
    divan::main();
    drop(site);
}
