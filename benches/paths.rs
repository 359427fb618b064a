//! The hot paths one by one: `cargo bench --bench paths`.

mod reading;

use async_graphql::Name;
use criterion::{Criterion, criterion_group, criterion_main};
use lockkeeper::domain::version::{BuildStatus, Version, VersionAction, VersionPlace, enabled};
use lockkeeper::domain::{Id, Kind, Problems, Timestamp, reference};
use lockkeeper::gate::Gate;
use lockkeeper::limits::Limits;
use lockkeeper::wire::{Response, body};
use reading::{PAGE, QUERIES, Reading, create_fleet};
use std::hint::black_box;

fn documents(criterion: &mut Criterion) {
    let gate = Gate::for_api(Limits::default());
    let check = |text: String| gate.prepare(black_box(text), None, Default::default()).is_ok();
    criterion.bench_function("check the page's document, which is known", |bench| {
        bench.iter(|| check(PAGE.to_owned()));
    });
    let mut number = 0;
    criterion.bench_function("check a new document", |bench| {
        bench.iter(|| {
            number += 1;
            check(format!("{PAGE} # {number}"))
        });
    });
}

fn reading(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let url = runtime.block_on(create_fleet(directory.path())).expect("a fleet");
    let reading = runtime.block_on(Reading::open(&url)).expect("its database");
    for (name, document) in QUERIES {
        criterion.bench_function(
            &format!("read the {name}, from the text of the query to the bytes of the response"),
            |bench| {
                bench.iter(|| runtime.block_on(reading.execute(document)));
            },
        );
    }
    let nothing = PAGE.replacen("first: 20", "first: 0", 1);
    criterion.bench_function("plan the page, and read a page of no services", |bench| {
        bench.iter(|| runtime.block_on(reading.execute(&nothing)));
    });
    let written = runtime.block_on(reading.execute(PAGE));
    let data = Some(vec![(Name::new("services"), written.into())]);
    let response = Response { data, ..Response::default() };
    criterion
        .bench_function("copy the page's bytes into a response", |bench| bench.iter(|| body(black_box(&response))));
}

fn rules(criterion: &mut Criterion) {
    let version = |id| {
        let place = VersionPlace { precedence: String::new(), id };
        Version { place, service_id: 1, build_status: BuildStatus::Succeeded, withdrawn: false, removed: false }
    };
    let (now, next) = (version(7), version(8));
    criterion.bench_function("decide whether a version is enabled", |bench| {
        bench.iter(|| enabled(VersionAction::Upgrade, black_box(&next), black_box(&now)));
    });
    let ids: Vec<String> = (1..=1000).map(|number| Kind::Instance.id(number).to_string()).collect();
    criterion.bench_function("parse 1000 ids of an input", |bench| {
        bench.iter(|| reference::ids("input.instanceIds", Kind::Instance, black_box(&ids), &mut Problems::default()));
    });
    criterion.bench_function("parse an id", |bench| bench.iter(|| Id::parse(black_box("ins_123456"))));
    criterion.bench_function("write an instant", |bench| {
        bench.iter(|| Timestamp(black_box(1_795_000_000_007)).to_string());
    });
}

criterion_group!(paths, documents, reading, rules);
criterion_main!(paths);
