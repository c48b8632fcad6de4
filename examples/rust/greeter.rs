//! Answers each message with "data: " and the message, until the client leaves.
//!
//!     mkdir -p bin && rustc -o bin/greeter ./examples/rust/greeter.rs
//!     deno run -A main.ts --port=8080 ./bin/greeter

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout();
    for line in io::stdin().lines() {
        // Writes each line at once: Rust keeps back only what has no newline yet.
        writeln!(out, "data: {}", line?)?;
    }
    Ok(())
}
