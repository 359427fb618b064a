use super::*;
use crate::domain::release::OnFailure;
use crate::domain::release::rollout::Amount;
use std::fs;
use std::time::Duration;

fn load(text: &str, common: CommonArgs, serve: ServeArgs) -> Result<Settings, Error> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lockkeeper.toml");
    fs::write(&path, text).unwrap();
    Settings::load(&CommonArgs { config: Some(path), ..common }, &serve)
}

fn mistake(text: &str) -> String {
    load(text, CommonArgs::default(), ServeArgs::default()).expect_err(text).to_string()
}

#[test]
fn the_file_fills_what_the_arguments_leave_out_and_defaults_fill_the_rest() {
    let text = "listen = \"127.0.0.1:9000\"\ndatabase_url = \"sqlite:from-file.db\"\nlog_format = \"json\"\n\
        [rollout]\nmax_parallel = \"10%\"\non_failure = \"continue\"\nwithdraw_on_undo = true\n[keep]\nevents = \"7d\"\n[worker]\ndrain = \"5s\"\nlease = \"15s\"\n\
        [executors.web]\nkind = \"command\"\nprogram = \"/bin/true\"\ntimeout = \"90s\"\n";
    let common = CommonArgs { database_url: Some("sqlite:given.db".to_owned()), ..CommonArgs::default() };
    let settings = load(text, common, ServeArgs { no_worker: true, ..ServeArgs::default() }).unwrap();
    assert_eq!(settings.database_url, "sqlite:given.db");
    assert_eq!((settings.listen.port(), settings.log_format), (9000, LogFormat::Json));
    assert_eq!(
        (settings.rollout.max_parallel, settings.rollout.on_failure, settings.rollout.withdraw_on_undo),
        (Amount::Percent(10), OnFailure::Continue, true)
    );
    assert_eq!(settings.rollout.max_failures, RolloutDefaults::default().max_failures);
    assert_eq!((settings.keep.events, settings.worker), (Some(Duration::from_hours(7 * 24)), false));
    let Timing { drain, dead_after, fence_after, grace, .. } = settings.timing;
    assert_eq!((drain, dead_after), (Duration::from_secs(5), Duration::from_secs(15)));
    assert!(fence_after + 2 * grace < dead_after, "its commands have ended when it counts as dead");

    let web = settings.executors.get("web").unwrap();
    assert_eq!((web.kind(), web.timeout), ("command", Duration::from_secs(90)));

    let nothing = load("", CommonArgs::default(), ServeArgs::default()).unwrap();
    assert_eq!((nothing.listen.to_string().as_str(), nothing.worker), ("127.0.0.1:8080", true));
    assert_eq!((nothing.timing.drain, nothing.timing.dead_after), (Duration::from_secs(30), Duration::from_secs(30)));
    assert_eq!(nothing.database_url, "sqlite:lockkeeper.db");
}

#[test]
fn a_mistake_names_its_file_and_line() {
    for (text, line, about) in [
        (
            "[executors.web]\nkind = 'ssh'\nprogram = '/x'\nknown_hosts = '/k'\norphan_timeout = '59s'\n",
            5,
            "must be at least twice the lease of workers, 1m",
        ),
        ("listen = \"127.0.0.1:9000\"\nlisten_on = 1\n", 2, "unknown field `listen_on`"),
        ("\n\nlisten = \"everywhere\"\n", 3, "socket address"),
        ("listen = \"127.0.0.1:9000\n", 1, "string"),
        ("[keep]\nevents = \"a while\"\n", 2, "is not a duration"),
        ("[worker]\ndrain = \"1s\"\nlease = \"4s\"\n", 3, "from 5 seconds"),
        ("[worker]\nlease = \"1h\"\n", 2, "to 10 minutes"),
        ("[rollout]\n\nmax_parallel = 0\n", 3, "from 1 to 1000"),
        ("[rollout]\nmax_parallel = \"110%\"\n", 2, "a share such as"),
        ("[rollout]\nmax_failures = -1\n", 2, "a number of targets"),
        ("[rollout]\non_failure = \"panic\"\n", 2, "\"stop\", \"continue\", \"pause\" or \"undo\""),
        ("[executors.web]\nkind = \"command\"\nprogram = \"/x\"\nshell = true\n", 4, "unknown field `shell`"),
        ("\n[executors.web]\nkind = \"carrier-pigeon\"\n", 3, "is not a kind of executor"),
        ("[executors.web]\nkind = \"simulate\"\ndelay = \"long\"\n", 3, "is not a duration"),
        (
            "[executors.web]\nkind = \"command\"\nprogram = \"/x\"\n[executors.web.probe]\nprog = \"\"\n",
            5,
            "unknown field `prog`",
        ),
        ("\n[executors.\"\"]\nkind = \"simulate\"\n", 2, "an executor name must have 1 to 63 characters: \"\""),
        ("executors = 5\n", 1, "[executors.NAME]"),
        ("[executors]\nweb = 5\n", 2, "[executors.web]"),
        ("[rollout]\nwaves = 3\n", 2, "unknown field `waves`"),
        ("[server]\norigins = [\"*\"]\n", 2, "is not an origin"),
        ("[server]\nproxies = [\"10.0.0.0/99\"]\n", 2, "is not an address or a network"),
        ("[server]\nproxy = []\n", 2, "unknown field `proxy`"),
    ] {
        let message = mistake(text);
        assert!(message.contains("lockkeeper.toml: "), "{message}");
        assert!(message.contains(&format!("line {line}, ")) && message.contains(about), "{message}");
    }
}

/// Mistakes in a line with a secret, next to one, and with a secret under the wrong key.
#[test]
fn no_mistake_shows_a_secret() {
    for text in [
        "database_url = \"postgres://u:hunter2@h/d\nlisten = 1\n",
        "database_url = postgres://u:hunter2@h/d\n",
        "database_url = \"postgres://u:hunter2@h/d\" listen = 1\n",
        "database_url = 'postgres://u:hunter2@h/d\n",
        "database_url = \"\\q hunter2\"\n",
        "database_url = [\"postgres://u:hunter2@h/d\"]\n",
        "listen = \"postgres://u:hunter2@h/d\"\n",
        "no_worker = \"postgres://u:hunter2@h/d\"\n",
        "[keep]\nevents = \"postgres://u:hunter2@h/d\"\n",
        "[executors.web]\nkind = \"command\"\nprogram = \"/x\"\nenv = \"hunter2\"\n",
        "[executors.web]\nkind = \"command\"\nprogram = \"/x\"\nenv = { TOKEN = [\"hunter2\"] }\n",
        "[executors.web]\nkind = \"command\"\nprogram = \"/x\"\nenv = { TOKEN = \"hunter2\"\n",
        "[executors.web]\nkind = \"command\"\nprogram = \"/x\"\nenv.TOKEN = \"hunter2\nshell = true\n",
        "[executors.web]\nkind = \"command\"\nprogram = \"/x\"\nsecrets = { TOKEN = \"hunter2\" }\nshell = true\n",
    ] {
        let message = mistake(text);
        assert!(message.contains("line "), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn trusted_documents_are_a_file_that_the_flag_or_the_configuration_names() {
    let of = |text: &str, flag: Option<&str>| {
        let serve = ServeArgs { trusted_documents: flag.map(Into::into), ..ServeArgs::default() };
        load(text, CommonArgs::default(), serve).unwrap().trusted_documents
    };
    let text = "trusted_documents = \"file.json\"\n";
    assert_eq!(of(text, None), Some("file.json".into()));
    assert_eq!(of(text, Some("flag.json")), Some("flag.json".into()));
    assert_eq!(of("", None), None);
}

#[test]
fn a_named_file_must_exist() {
    let common = CommonArgs { config: Some("no-such-file.toml".into()), ..CommonArgs::default() };
    let error = Settings::load(&common, &ServeArgs::default()).unwrap_err().to_string();
    assert!(error.starts_with("no-such-file.toml: cannot read the file"), "{error}");
}

#[test]
fn tls_needs_both_of_its_files() {
    let serve = || ServeArgs { tls_key: Some("flag.key".into()), ..ServeArgs::default() };
    let text = "tls_cert = \"file.pem\"\ntls_key = \"file.key\"\n";
    let tls = load(text, CommonArgs::default(), serve()).unwrap().tls.unwrap();
    assert_eq!((tls.certificate, tls.key), ("file.pem".into(), "flag.key".into()));
    assert_eq!(load("", CommonArgs::default(), ServeArgs::default()).unwrap().tls, None);
    let error = load("", CommonArgs::default(), serve()).unwrap_err().to_string();
    assert!(error.contains("--tls-cert and --tls-key"), "{error}");
}
