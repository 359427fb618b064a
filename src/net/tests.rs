use super::*;

fn access(text: &str) -> Access {
    toml::from_str(text).unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn only_listed_proxies_report_the_address_of_a_client() {
    let access = access("proxies = ['10.0.0.0/8', '192.0.2.1', 'fd00::/8']");
    for (peer, forwarded, client) in [
        // Nobody else is believed.
        ("203.0.113.9", vec!["198.51.100.7"], "203.0.113.9"),
        ("10.1.2.3", vec![], "10.1.2.3"),
        ("10.1.2.3", vec!["198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.1.2.3", vec!["198.51.100.7"], "198.51.100.7"),
        // What a client wrote itself stands before what the proxy appended.
        ("10.1.2.3", vec!["192.0.2.99, 198.51.100.7"], "198.51.100.7"),
        ("10.1.2.3", vec!["192.0.2.99", "198.51.100.7, 192.0.2.1"], "198.51.100.7"),
        ("10.1.2.3", vec!["10.9.9.9"], "10.9.9.9"),
        ("fd00::1", vec!["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.1.2.3", vec!["198.51.100.7:4711"], "198.51.100.7"),
        ("10.1.2.3", vec!["[2001:db8::7]"], "2001:db8::7"),
        // What cannot be read is not passed over.
        ("10.1.2.3", vec!["198.51.100.7, unknown"], "10.1.2.3"),
        ("10.1.2.3", vec![""], "10.1.2.3"),
    ] {
        let found = access.client(address(peer), forwarded.iter().copied());
        assert_eq!(found, address(client), "{peer} {forwarded:?}");
    }
    let nobody = Access::default();
    assert_eq!(nobody.client(address("10.1.2.3"), ["198.51.100.7"].into_iter()), address("10.1.2.3"));
}

#[test]
fn an_origin_is_its_scheme_host_and_port() {
    let origin = |text: &str| Origin::parse(text).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(origin("https://Console.example.com"), origin("HTTPS://console.EXAMPLE.com:443"));
    assert_eq!(origin("http://a"), origin("http://a:80"));
    assert_ne!(origin("http://a"), origin("https://a"));
    assert_ne!(origin("http://a"), origin("http://a.b"));
    assert_ne!(origin("http://a:8080"), origin("http://a:8081"));
    assert_eq!(origin("tauri://localhost"), origin("tauri://localhost"));
    for wrong in ["null", "*", "https://*.example.com", "a.example.com", "http://", "http://a/", "http://a/b", "://a"] {
        assert_eq!(Origin::parse(wrong), None, "{wrong}");
    }
    for wrong in ["http://a:b", "http://u@a", "http://[::1", "http://[nothing]", "http://a b", "http://a:99999"] {
        assert_eq!(Origin::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn the_same_origin_is_found_by_host_and_port() {
    for (origin, host, same) in [
        ("http://localhost:8080", "localhost:8080", true),
        ("http://localhost:8080", "LOCALHOST:8080", true),
        ("https://api.example.com", "api.example.com", true),
        ("https://api.example.com", "api.example.com:443", true),
        ("http://[::1]:8080", "[::1]:8080", true),
        ("http://localhost:3000", "localhost:8080", false),
        ("http://localhost", "localhost:8080", false),
        ("https://api.example.com.evil.example", "api.example.com", false),
        ("https://evil.example", "api.example.com", false),
        ("https://api.example.com", "", false),
        ("https://api.example.com", "api.example.com:443:443", false),
    ] {
        assert_eq!(Origin::parse(origin).unwrap().is_of_host(host), same, "{origin} {host}");
    }
}

#[test]
fn a_mistake_names_what_is_expected() {
    for (text, about) in [
        ("origins = ['*']", "without a path or a wildcard"),
        ("origins = ['https://a.example.com/']", "is not an origin"),
        ("proxies = ['everyone']", "is not an address or a network"),
        ("proxies = ['10.0.0.0/33']", "is not an address or a network"),
        ("proxy = []", "unknown field `proxy`"),
    ] {
        let error = toml::from_str::<Access>(text).expect_err(text).to_string();
        assert!(error.contains(about), "{text}: {error}");
    }
}
