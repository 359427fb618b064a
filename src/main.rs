#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    let mut args = std::env::args().skip(1);
    match (args.next().as_deref(), args.next()) {
        (Some(lockkeeper::executor::runner::SUBCOMMAND), Some(job)) => lockkeeper::executor::runner::main(&job),
        _ => std::process::ExitCode::FAILURE,
    }
}
