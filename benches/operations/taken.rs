//! What a server takes: memory, processors, room on the disk.

use std::fs;
use std::time::Duration;
use testkit::Server;

/// The memory of its process that is in use now, in MB.
pub fn memory(server: &Server) -> anyhow::Result<f64> {
    status(server, "VmRSS:")
}

/// The most memory that it ever had in use, in MB.
pub fn most_memory(server: &Server) -> anyhow::Result<f64> {
    status(server, "VmHWM:")
}

fn status(server: &Server, name: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1000.0)
}

/// The part of one core that it uses for so long.
pub async fn processor(server: &Server, watched: Duration) -> anyhow::Result<f64> {
    let before = run(server)?;
    tokio::time::sleep(watched).await;
    Ok((run(server)? - before) / watched.as_secs_f64())
}

/// How long its threads have run, in seconds.
fn run(server: &Server) -> anyhow::Result<f64> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{}/task", server.pid()))? {
        // A thread may have ended meanwhile.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanoseconds += text.split_whitespace().next().unwrap_or("0").parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds).as_secs_f64())
}

/// How large its database is, in bytes.
pub async fn disk(server: &Server) -> anyhow::Result<f64> {
    let sql = match server.database.starts_with("sqlite:") {
        true => "SELECT CAST(page_count * page_size AS text) FROM pragma_page_count(), pragma_page_size()",
        false => "SELECT CAST(pg_database_size(current_database()) AS text)",
    };
    Ok(server.stored().await.texts(sql).await[0].parse()?)
}
