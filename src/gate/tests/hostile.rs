use super::*;

/// Documents that would exhaust a parser's stack or keep a check busy forever.
fn documents() -> Vec<String> {
    let mut documents = Vec::new();
    for prefix in ["", "#\r", "#\r\n", "\u{feff}", "\"\"\"\\\\\"\"\" \"\"\" "] {
        for (open, close) in [("[", "]"), ("{a:", "}"), ("[{a:", "}]")] {
            for levels in [65, 2_000, 200_000] {
                let value = open.repeat(levels) + "1" + &close.repeat(levels);
                documents.push(format!("{prefix}{{ service(name: {value}) {{ id }} }}"));
                documents.push(format!("{prefix}query($v: String = {value}) {{ service(name: $v) {{ id }} }}"));
                documents.push(format!("{prefix}{{ viewer @skip(if: {value}) {{ name }} }}"));
            }
        }
        documents.push(format!("{prefix}{}", "{a".repeat(300_000)));
        documents.push(format!("{prefix}{{ service(name: {}", "[".repeat(300_000)));
        documents.push(format!(
            "{prefix}query($v: {}String{}) {{ viewer {{ name }} }}",
            "[".repeat(90_000),
            "]".repeat(90_000)
        ));
    }
    documents.push(format!("{{ service({}) {{ id }} }}", "name: 1 ".repeat(130_000)));
    documents.push(format!("{{ viewer {{ {} }} }}", "@skip ".repeat(130_000)));
    documents.push(format!("query({}) {{ viewer {{ name }} }}", "$a: Int ".repeat(130_000)));
    documents.push("fragment f on Query { __typename } ".repeat(20_000));
    documents.push("\u{7f}".repeat(1_000_000));
    documents.push("x".repeat(1_000_000));
    documents.push(format!("{{ {} }}", "x".repeat(1_000_000)));
    let twice = |i: u32| format!(" fragment f{i} on Query {{ ...f{next} ...f{next} }}", next = i + 1);
    let fragments: String = (0..30).map(twice).collect();
    documents.push(format!("{{ ...f0 }} {fragments} fragment f30 on Query {{ viewer {{ name }} }}"));
    let once = |i: u32| format!(" fragment f{i} on Query {{ ...f{} }}", i + 1);
    let row: String = (0..3_000).map(once).collect();
    documents.push(format!("{{ ...f0 }} {row} fragment f3000 on Query {{ viewer {{ name }} }}"));
    documents.push("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned());
    documents
}

#[test]
fn hostile_documents_are_refused_at_once_on_a_small_stack() {
    let documents = documents();
    LazyLock::force(&GATE);
    let checked = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for text in &documents {
            let began = processor_time();
            let Err(errors) = prepare(text, None, json!({})) else {
                panic!("it is accepted: {}", text.chars().take(200).collect::<String>());
            };
            let written = serde_json::to_string(&errors).unwrap();
            let start = text.chars().take(100).collect::<String>();
            assert!(errors.len() <= 100 && written.len() < 64 * 1024, "{} bytes for {start}", written.len());
            let used = processor_time().saturating_sub(began);
            assert!(used < Duration::from_secs(5), "{used:?} for {start}");
        }
    });
    checked.unwrap().join().unwrap();
}

#[test]
fn a_long_document_that_is_valid_is_checked_at_once() {
    let began = processor_time();
    accepted(&format!("{{ service(name: \"{}\") {{ id }} }}", "x".repeat(900_000)), json!({}));
    accepted(&format!("{{ viewer {{ name }} }} # {}", "é".repeat(400_000)), json!({}));
    let operations: String = (0..90).map(|number| format!("query q{number} {{ ...f0 }} ")).collect();
    let fragments: String =
        (0..90).map(|number| format!("fragment f{number} on Query {{ ...f{} }} ", number + 1)).collect();
    let text = format!("{operations} {fragments} fragment f90 on Query {{ viewer {{ name }} }}");
    assert!(prepare(&text, Some("q7"), json!({})).is_ok());
    let used = processor_time().saturating_sub(began);
    assert!(used < Duration::from_secs(10), "{used:?}");
}

/// Each of thirty fragments spreads the next one twice; the last one has this selection.
fn doubled(ty: &str, selection: &str) -> String {
    let twice = |i: u32| format!(" fragment f{i} on {ty} {{ ...f{next} ...f{next} }}", next = i + 1);
    (0..30).map(twice).chain([format!(" fragment f30 on {ty} {{ {selection} }}")]).collect()
}

#[test]
fn fragments_are_counted_once_where_any_number_of_nodes_is_allowed() {
    let gate = Gate::for_api(Limits { nodes: u64::MAX, ..Limits::default() });
    let read = |text: String, objects: &str| {
        let variables = json!({ "n": 3 }).as_object().cloned().unwrap();
        let found = match gate.prepare(text, None, variables) {
            Ok(prepared) => prepared.objects.to_string(),
            Err(errors) => errors[0].message.clone(),
        };
        assert!(found.contains(objects), "{found} instead of {objects}");
    };
    let services = |selection| format!("($n: Int) {{ services(first: $n) {{ nodes {{ ...f0 }} }} }} {selection}");
    let instances = |first| doubled("Service", &format!("instances(first: {first}) {{ nodes {{ id }} }}"));
    read(format!("query{}", services(doubled("Service", "name"))), "4");
    read(format!("query{}", services(instances("1"))), "`objects` is 50000.");
    read(format!("query{}", services(instances("$n"))), "`objects` is 50000.");
    read(format!("{{ __schema {{ types {{ ...f0 }} }} }} {}", doubled("__Type", "name")), "`objects` is 50000.");
}
