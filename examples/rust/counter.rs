//! Counts to three, one number a second. Each line is a message to the client;
//! when the program ends, so does the connection, with close code 1000.
//!
//!     mkdir -p bin && rustc -o bin/counter ./examples/rust/counter.rs
//!     deno run -A main.ts --port=8080 ./bin/counter

use std::{thread, time::Duration};

fn main() {
    for i in 1..=3 {
        // Writes each line at once: Rust keeps back only what has no newline yet.
        println!("{i}");
        thread::sleep(Duration::from_secs(1));
    }
}
