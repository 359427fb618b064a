//! The read side against async-graphql's general execution of the same schema: random documents over random rows, on
//! both databases. Data must be the same byte for byte, and errors what the specification says they are.
//!
//! `PROPTEST_CASES` says how many documents each database is asked; with them grows how many worlds of rows there are.

mod arguments;
mod document;
mod reference;
mod rows;
mod schema;
mod verdict;
mod world;

use crate::reads::fleet::Fleet;
use document::{Document, Maker};
use lockkeeper::domain::Role;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestError, TestRunner};
use reference::Scene;
use schema::Schema;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use testkit::choices::Choices;
use testkit::environment::number;
use testkit::on_both;
use world::World;

/// The most decisions that one document takes.
const LONG: usize = 500;
/// How many documents each world is asked, roughly.
const EACH: u32 = 100;

/// A world in a database.
struct StoredWorld {
    fleet: Fleet,
    world: Arc<World>,
}

async fn written(kind: &str, seed: u64) -> StoredWorld {
    let fleet = Fleet::empty(kind).await;
    let world = World::of(seed);
    fleet.insert(world.written()).await;
    StoredWorld { fleet, world: Arc::new(world) }
}

async fn compare(stored: &StoredWorld, document: &Document) -> Result<(), String> {
    let log_id = stored.fleet.app.db.log_id().to_owned();
    let variables = Value::Object(document.variables.clone());
    let bytes = stored.fleet.ask_bytes(Role::Admin, &document.text, variables.clone()).await;
    let database = stored.fleet.app.db.dialect().name();
    let scene = Scene { world: stored.world.clone(), log_id, database };
    let (data, faults) = reference::answer(scene, &document.text, variables).await;
    let data = serde_json::to_string(&data).unwrap();
    verdict::same(&String::from_utf8(bytes).unwrap(), &data, &faults)
}

fn documents_are_answered_as_the_library_does(kind: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let schema = Schema::read();
    let config = Config {
        cases: number("PROPTEST_CASES").unwrap_or(200),
        max_shrink_iters: 1500,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let worlds: RefCell<HashMap<u64, Rc<StoredWorld>>> = RefCell::default();
    let seeds = 0..u64::from(config.cases.div_ceil(EACH));
    let numbers = proptest::collection::vec(any::<u16>(), 0..LONG);
    let outcome = TestRunner::new(config).run(&(seeds, numbers), |(seed, numbers)| {
        let stored =
            worlds.borrow_mut().entry(seed).or_insert_with(|| Rc::new(runtime.block_on(written(kind, seed)))).clone();
        let choices = Choices::from_numbers(numbers);
        let document = Maker::new(choices, &schema, &stored.world, stored.fleet.app.db.log_id()).document();
        let said = runtime.block_on(compare(&stored, &document));
        said.map_err(|why| {
            let Document { text, variables } = &document;
            let variables = Value::Object(variables.clone());
            TestCaseError::fail(format!("world {seed} on {kind}: {text}\nvariables: {variables}\n{why}"))
        })
    });
    match outcome {
        Err(TestError::Fail(why, _)) => panic!("{why}"),
        outcome => outcome.unwrap(),
    }
}
on_both!(sync documents_are_answered_as_the_library_does);

/// Everything that an instance names, with everything that those name, so many releases deep.
fn all_that_an_instance_names(deep: usize) -> String {
    let version = "version { name service { name } }";
    if deep == 0 {
        return format!("id host {{ hostname }} service {{ name }} {version}");
    }
    let inner = all_that_an_instance_names(deep - 1);
    let release = "id service { name } targetVersion { name service { name } }";
    format!(
        "id host {{ hostname }} service {{ name }} {version} lastTarget {{ id instance {{ {inner} }} \
         release {{ {release} parent {{ {release} parent {{ {release} }} }} }} }}"
    )
}

/// A level joins a limited number of tables; what goes beyond that is read in further levels.
async fn a_document_that_joins_more_tables_than_a_database_allows_is_answered(kind: &str) {
    let mut answered = 0;
    for seed in 0..3 {
        let stored = written(kind, seed).await;
        for deep in 1..=5 {
            let selected = all_that_an_instance_names(deep);
            let text = format!("{{ instances(first: 20) {{ nodes {{ {selected} }} }} }}");
            let document = Document { text, variables: serde_json::Map::new() };
            compare(&stored, &document).await.unwrap_or_else(|why| panic!("{deep} deep on {kind}: {why}"));
            answered += 1;
        }
    }
    assert_eq!(answered, 15);
}
on_both!(a_document_that_joins_more_tables_than_a_database_allows_is_answered);
