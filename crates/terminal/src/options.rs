//! Messages of the server in the words of this program: it names fields of inputs, where a person types options.

/// Fields of inputs, and the options that set them. Words of more than one part are found wherever they stand, others
/// only between backticks.
const OPTIONS: &[(&str, &str)] = &[
    ("buildStatus", "--status"),
    ("currentVersion", "--from"),
    ("deadlineSeconds", "--deadline"),
    ("dryRun", "--dry-run"),
    ("first", "--first"),
    ("firstSoakSeconds", "--first-soak"),
    ("hostnames", "--hosts"),
    ("hosts", "--hosts"),
    ("idempotencyKey", "--key"),
    ("includeReverts", "--reverts-too"),
    ("includeUnknown", "--include-unknown"),
    ("labels", "--label"),
    ("maxFailures", "--max-failures"),
    ("maxParallel", "--max-parallel"),
    ("maxPerLabel", "--max-per-label"),
    ("maxUnavailable", "--max-unavailable"),
    ("maxUnreachable", "--max-unreachable"),
    ("onFailure", "--on-failure"),
    ("onLocked", "--on-locked"),
    ("order", "--order"),
    ("pauseAfterFirst", "--pause-after-first"),
    ("port", "--port"),
    ("reapply", "--reapply"),
    ("reason", "--reason"),
    ("skipSoak", "--skip-soak"),
    ("soakSeconds", "--soak"),
    ("tag", "--tag"),
    ("throughHoldIds", "--through"),
    ("timeoutSeconds", "--target-timeout"),
    ("until", "--until"),
    ("versionScheme", "--version-scheme"),
    ("waves", "--waves"),
    ("wavesBy", "--waves-by"),
    ("withInstances", "--with-instances"),
    ("withdrawOnUndo", "--withdraw-on-undo"),
];

/// Fields of a wave, and the parts of `--waves` that set them. The messages of the server begin with `upTo`.
const PARTS_OF_WAVES: &[(&str, &str)] = &[("pauseAfter", "p"), ("soakSeconds", "@"), ("upTo", "The number")];

/// Returns a message about the input with this path, with options in place of fields.
pub fn translate_at(path: Option<&[String]>, message: &str) -> String {
    match path.is_some_and(|path| path.iter().any(|part| part == "waves")) {
        true => translated(message, &[PARTS_OF_WAVES, OPTIONS].concat()),
        false => translate(message),
    }
}

/// Returns a message with options in place of fields.
pub fn translate(message: &str) -> String {
    translated(message, OPTIONS)
}

fn translated(message: &str, options: &[(&str, &str)]) -> String {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let mut translated = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(begin) = rest.find(is_word) {
        let length = rest[begin..].find(|char| !is_word(char)).unwrap_or(rest.len() - begin);
        let (before, word, after) = (&rest[..begin], &rest[begin..begin + length], &rest[begin + length..]);
        let is_quoted = before.ends_with('`') && after.starts_with('`');
        let has_parts = word.contains(|char: char| char.is_ascii_uppercase());
        let option = options.iter().find(|(field, _)| *field == word && (is_quoted || has_parts));
        let (before, word, after) = match option {
            Some((_, option)) if is_quoted => (&before[..before.len() - 1], *option, &after[1..]),
            Some((_, option)) => (before, *option, after),
            None => (before, word, after),
        };
        translated.push_str(before);
        translated.push_str(word);
        rest = after;
    }
    translated.push_str(rest);
    translated
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Subcommand as _;
    use lockkeeper_client::operations::start::{
        Amount, HostSelection, PerLabel, PlanPage, RolloutInput, StartVariables, Terms, WaveInput, WavesByInput,
    };
    use serde_json::Value;

    #[test]
    fn messages_name_options_in_place_of_fields() {
        for (sent, shown) in [
            (
                "Service web is frozen by ana. Wait, or pass hld_3 in `throughHoldIds` if you set it or are an admin.",
                "Service web is frozen by ana. Wait, or pass hld_3 in --through if you set it or are an admin.",
            ),
            ("Set includeUnknown or `reapply`.", "Set --include-unknown or --reapply."),
            ("The reason names hosts; `hosts` names others.", "The reason names hosts; --hosts names others."),
            ("`myonFailure` is 正 `onFailure`", "`myonFailure` is 正 --on-failure"),
            ("", ""),
        ] {
            assert_eq!(translate(sent), shown);
        }
        let waves = ["input", "rollout", "waves"].map(str::to_owned);
        for (sent, shown) in [
            ("upTo of wave 2 is less than that of wave 1.", "The number of wave 2 is less than that of wave 1."),
            ("Leave its pauseAfter out.", "Leave its p out."),
            ("soakSeconds of wave 1, deadlineSeconds", "@ of wave 1, --deadline"),
        ] {
            assert_eq!(translate_at(Some(&waves), sent), shown);
        }
        assert_eq!(translate_at(None, "soakSeconds must be 0 to 1."), "--soak must be 0 to 1.");
    }

    /// The names of all members that a value has, with those of the objects in it.
    fn fields(value: &Value) -> Vec<String> {
        let members = value.as_object().into_iter().flatten();
        members.flat_map(|(name, value)| [vec![name.clone()], fields(value)].concat()).collect()
    }

    #[test]
    fn every_option_of_a_release_has_its_field() {
        let rollout = RolloutInput {
            max_parallel: Some(Amount::Count(1)),
            max_failures: Some(Amount::Count(1)),
            max_unreachable: Some(Amount::Count(1)),
            max_per_label: Some(PerLabel { key: "rack".to_owned(), count: 1 }),
            on_failure: Some("STOP".to_owned()),
            withdraw_on_undo: Some(true),
            timeout_seconds: Some(1),
            deadline_seconds: Some(1),
            waves: Some(vec![WaveInput { up_to: Amount::Count(1), soak_seconds: Some(1), pause_after: Some(true) }]),
            waves_by: Some(WavesByInput {
                key: "zone".to_owned(),
                first: Some(Vec::new()),
                soak_seconds: Some(1),
                first_soak_seconds: Some(1),
                pause_after_first: Some(true),
            }),
            order: Some("AS_GIVEN".to_owned()),
            first: Some(Vec::new()),
        };
        let variables = StartVariables {
            service: "web".to_owned(),
            version: Some("1.0.0".to_owned()),
            current_version: Some("1.0.0".to_owned()),
            reapply: Some(true),
            hosts: HostSelection { all: Some(true), hostnames: Some(Vec::new()), labels: Some(Vec::new()) },
            port: Some(1),
            tag: Some("a".to_owned()),
            terms: Terms {
                on_locked: Some("SKIP".to_owned()),
                through_hold_ids: Some(Vec::new()),
                include_unknown: Some(true),
                rollout: Some(rollout),
                reason: Some("why".to_owned()),
                idempotency_key: Some("k".to_owned()),
                expected_count: Some(1),
                dry_run: true,
            },
            page: PlanPage { plan_targets: 1, plan_after: Some("c".to_owned()) },
        };
        // What is typed without an option, or only holds others.
        let other = [
            "service",
            "version",
            "all",
            "key",
            "count",
            "percent",
            "rollout",
            "expectedCount",
            "planTargets",
            "planAfter",
        ];
        for field in fields(&serde_json::to_value(variables).unwrap()) {
            let has_option = OPTIONS.iter().chain(PARTS_OF_WAVES).any(|(name, _)| *name == field);
            assert!(has_option != other.contains(&field.as_str()), "{field}");
        }
    }

    /// The options of a command and of its subcommands.
    fn options(command: &clap::Command) -> Vec<String> {
        let own = command.get_arguments().filter_map(|argument| Some(format!("--{}", argument.get_long()?)));
        own.chain(command.get_subcommands().flat_map(options)).collect()
    }

    #[test]
    fn every_option_of_the_table_exists() {
        let all = options(&crate::Command::augment_subcommands(clap::Command::new("lockkeeper")));
        for (field, option) in OPTIONS {
            assert!(all.iter().any(|known| known == option), "{field}: no command has {option}");
        }
    }
}
