//! Shows what the program knows about the client: all of its environment.
//!
//!     mkdir -p bin && rustc -o bin/dump_env ./examples/rust/dump_env.rs
//!     deno run -A main.ts --port=8080 ./bin/dump_env

use std::{collections::BTreeMap, env};

fn main() {
    // Not env::vars(), which panics at a value that is not UTF-8.
    let variables: BTreeMap<_, _> = env::vars_os().collect();
    for (name, value) in variables {
        println!("{}={}", name.to_string_lossy(), value.to_string_lossy());
    }
}
