use proptest::prelude::*;
use std::ops::Range;

/// Valid inputs, which are damaged before they are used.
const REQUESTS: [&str; 6] = [
    "query Page($n: Int = 5, $f: ServiceFilter) { services(first: $n, filter: $f) { totalCount nodes { ...S } } }\n\
     fragment S on Service { id name versions(first: 3) { nodes { name enabled(action: UPGRADE, currentVersion: \"ver_1\") } } }\
     \0Page\0{\"n\": 3, \"f\": {\"nameContains\": \"w\"}}",
    "mutation M($input: UpgradeInstancesInput!) { upgradeInstances(input: $input) { release { id } userErrors { code } } }\
     \0M\0{\"input\": {\"serviceId\": \"svc_1\", \"versionId\": \"ver_1\", \"hosts\": {\"all\": true}, \"dryRun\": true}}",
    "subscription { ...W } fragment W on Subscription { instanceStatusChanged { hostname @include(if: true) } }",
    "{ node(id: \"svc_1\") { ... on Service { name } __typename } a: host(hostname: \"\"\"x\\\"\"\"\"\"\") { id } }",
    "{ __schema { types { name fields(includeDeprecated: true) { args { defaultValue } } } } }",
    "#\r{ service(name: [[[[{a: {b: \"\\u{1F600}\\uD83D\\uDE00\"}}]]]]) { id } }",
];

const MESSAGES: [&str; 4] = [
    r#"{"type":"connection_init","payload":{"headers":{"Authorization":"Bearer x"}}}"#,
    r#"{"type":"subscribe","id":"1","payload":{"query":"{ viewer { name } }","variables":{"a":[1,{}]},"extensions":{}}}"#,
    r#"{"type":"ping","payload":{"a":"b"}}"#,
    r#"{"type":"complete","id":"1"}"#,
];

const IDS: [&str; 4] = ["svc_12", "tgt_9223372036854775807", "ZXZlbnQ6bG9nOjEy", "bGluZToxOjI="];

const CONFIGURATIONS: [&str; 2] = [
    "listen = \"127.0.0.1:8080\"\ndatabase_url = \"postgres://u:secret@h/d\"\n[limits]\ndepth = 3\nqueue_bytes = \"4 KiB\"\n\
     [keep]\nevents = \"7d\"\n",
    "[executors.web]\nkind = \"command\"\nprogram = \"/x\"\nenv = { A = \"b\" }\ntimeout = \"1m\"\n[rollout]\nmax_parallel = \"10%\"\n",
];

/// One of these inputs, with some of its bytes replaced, removed or doubled.
fn damaged(seeds: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let damage = (any::<prop::sample::Index>(), 0..20_usize, prop::collection::vec(any::<u8>(), 0..8));
    (prop::sample::select(seeds), prop::collection::vec(damage, 0..6)).prop_map(|(seed, damages)| {
        let mut bytes = seed.as_bytes().to_vec();
        for (at, count, new) in damages {
            let at = at.index(bytes.len() + 1);
            let range: Range<usize> = at..(at + count).min(bytes.len());
            let new = if new.is_empty() { bytes[range.clone()].repeat(2) } else { new };
            bytes.splice(range, new);
        }
        bytes
    })
}

fn any_bytes(seeds: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => damaged(seeds), 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    // A few seconds for each test.
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_request_gets_the_same_result_each_time(bytes in any_bytes(&REQUESTS)) {
        super::request(&bytes);
        super::body(&bytes);
    }

    #[test]
    fn any_message_of_a_socket_is_parsed_or_closes_it(bytes in any_bytes(&MESSAGES)) {
        super::message(&bytes);
    }

    #[test]
    fn any_id_or_cursor_that_is_parsed_is_written_back_unchanged(bytes in any_bytes(&IDS)) {
        super::id(&bytes);
    }

    #[test]
    fn any_configuration_is_read_or_refused(bytes in any_bytes(&CONFIGURATIONS)) {
        super::configuration(&bytes);
    }
}
