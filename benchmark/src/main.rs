//! The `prefsweep` program: parse, call, print.

mod cli;

/// Training makes and drops many large tensors; this allocator keeps their memory at hand.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
