//! The jobs for pipelines, and their commands against a server.

use super::script;
use super::script::{ROOT, run};
use crate::PROGRAM;
use serde_json::json;
use std::fs;
use testkit::Server;

/// A file with a job; the page shows it.
fn job(file: &str) -> String {
    let text = fs::read_to_string(format!("{ROOT}/examples/ci/{file}")).unwrap();
    let page = fs::read_to_string(format!("{ROOT}/docs/ci.md")).unwrap();
    assert!(page.contains(&format!("```yaml\n{text}```")), "docs/ci.md shows another {file}");
    text
}

/// The commands of a job that run lockkeeper, which register and release; those that build are the user's own.
fn commands(job: &str) -> [String; 2] {
    let commands = job.lines().map(|line| line.trim_start().trim_start_matches("- ").trim_start_matches("run: "));
    let commands: Vec<String> = commands.filter(|line| line.starts_with("lockkeeper ")).map(str::to_owned).collect();
    commands.try_into().unwrap_or_else(|commands| panic!("{commands:?}"))
}

/// Runs the commands of a pipeline for version `v9.1.0`, one as a builder and one as an operator, on a fleet that is at
/// another version; then every host has it.
async fn releases([register, release]: [String; 2], environment: &[(&str, &str)]) {
    let server = Server::configured(PROGRAM, "sqlite", "[executors.quick]\nkind = \"simulate\"\n");
    let fleet = server.client().service("web").hosts(3).install().await;
    let home = tempfile::tempdir().unwrap();
    for (commands, role) in [(register, "builder"), (release, "operator")] {
        let token = server.token(role, role);
        let here = home.path().to_str().unwrap();
        let common = [("LOCKKEEPER_SERVER", server.url.as_str()), ("LOCKKEEPER_TOKEN", &token), ("HOME", here)];
        let environment = [&common, environment].concat();
        let commands = format!("exec 2>&1\n{commands}");
        let printed = tokio::task::block_in_place(|| run(&commands, home.path(), &environment)).unwrap();
        assert_eq!(printed.contains("SUCCEEDED in "), role == "operator", "{printed}");
    }
    let counts = "query($id: ID!) { node(id: $id) { ... on Service { \
                  instanceCounts { count status version { name } } } } }";
    let answer = fleet.client.query(counts, json!({ "id": fleet.service })).await;
    let expected = json!([{ "count": 3, "status": "RUNNING", "version": { "name": "v9.1.0" } }]);
    assert_eq!(answer["node"]["instanceCounts"], expected);
}

/// GitLab passes the shell of a job to what the image starts, which is lockkeeper here.
#[test]
fn the_jobs_for_gitlab_start_a_shell_in_place_of_what_the_image_starts() {
    let job = job("gitlab-ci.yml");
    let with_lockkeeper: Vec<&str> = job.split("  image:").filter(|rest| rest.contains("/lockkeeper\n")).collect();
    assert_eq!(with_lockkeeper.len(), 2);
    for rest in with_lockkeeper {
        let image = rest.split("\n  rules:").next().unwrap();
        assert!(image.contains("\n    entrypoint: [\"\"]"), "{image}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_for_gitlab_registers_a_version_and_releases_it() {
    let variables = [("CI_COMMIT_TAG", "v9.1.0"), ("CI_JOB_ID", "17"), ("CI_PIPELINE_ID", "4")];
    releases(commands(&job("gitlab-ci.yml")), &variables).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_for_github_registers_a_version_and_releases_it() {
    let variables = [("GITHUB_REF_NAME", "v9.1.0"), ("GITHUB_RUN_ID", "17"), ("GITHUB_RUN_ATTEMPT", "1")];
    releases(commands(&job("github.yml")), &variables).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_for_other_pipelines_register_a_version_and_release_it() {
    let variables = [("VERSION", "v9.1.0"), ("BUILD", "17")];
    let release = script("docs/ci.md", "ci-release");
    releases([script("docs/ci.md", "ci-register"), release.clone()], &variables).await;
    releases([script("docs/ci.md", "ci-report"), release], &variables).await;
}
