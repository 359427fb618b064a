//! async-graphql, the library under the schema, and everything that works around it. Its registry prints the schema and
//! answers introspection, and its derives parse inputs; documents are parsed and validated by `gate`, and fields are
//! planned, read and written by `read`. No other folder of the crate has to know why something here is as it is.
//!
//! | file | the library | here | upstream |
//! | --- | --- | --- | --- |
//! | `execution` | validates every document once more, and judges variables by all operations of a document, not by the one that is executed | executes what the gate has validated | [#1014], [#1669] |
//! | `execution` | refuses documents that nest more than 32 deep | the gate has its own limit | none: a default of the builder |
//! | `introspection` | knows no description of a schema, and nothing of deprecated directives | answers and prints them | [#1489] (adds the field, always null); [#1621] for what else introspection lacks; none for directives |
//! | `defaults` | says that an input with a default is never null, and refuses a null | such inputs are nullable, and null means the default (`read::Document::args` fills it in) | none found |
//! | `interfaces` | drops an interface that is the type of no field | it is registered once more at the end | [#490], [#595], [#740] |
//! | `registry` | has no constructors for types of its registry, whose structs grow with each version | one literal of each, in one place | none found |
//! | `roots` | wants each type to resolve itself, and walks only the root | a root that answers whole fields | none: this is its design |
//! | `roots` | resolves each node of a field that is selected twice, and merges the values, which cannot be done with bytes | the first node answers for all | [#1840] shows how it merges |
//! | `roots`, `response` | writes values, not JSON; its raw values are texts in an object, which it copies and merges like one | JSON travels in `Value::Binary`, which nothing else uses, and is taken out of the response | [#1554] |
//! | `response` | passes nothing from a resolver to the caller beside the answer, except HTTP headers | a cell in the request's data | [#370], whose answer this is |
//! | `subscription` | keeps the document and the request's data for as long as a subscription lasts | the subscriber is handed out, and the rest is dropped | none found |
//!
//! Queries without introspection do not go through it at all (`graphql::direct`).
//!
//! Its version is pinned in `Cargo.toml`: 7.1.0 to 7.2.1 fail the tests of how null spreads to the field above. A request
//! takes its document by value ([#1483]), so the gate clones the tree of a known one.
//!
//! [#370]: https://github.com/async-graphql/async-graphql/issues/370
//! [#490]: https://github.com/async-graphql/async-graphql/issues/490
//! [#595]: https://github.com/async-graphql/async-graphql/issues/595
//! [#740]: https://github.com/async-graphql/async-graphql/issues/740
//! [#1014]: https://github.com/async-graphql/async-graphql/issues/1014
//! [#1483]: https://github.com/async-graphql/async-graphql/pull/1483
//! [#1489]: https://github.com/async-graphql/async-graphql/pull/1489
//! [#1554]: https://github.com/async-graphql/async-graphql/pull/1554
//! [#1621]: https://github.com/async-graphql/async-graphql/issues/1621
//! [#1669]: https://github.com/async-graphql/async-graphql/pull/1669
//! [#1840]: https://github.com/async-graphql/async-graphql/issues/1840

mod defaults;
mod execution;
mod interfaces;
mod introspection;
mod registry;
mod response;
mod roots;
mod subscription;

pub use defaults::NullableDefaults;
pub use execution::{Execution, builder};
pub use interfaces::{Implemented, UnreferencedInterface};
pub use introspection::{DirectiveFields, described};
pub use registry::{argument, field, interface_type, object_type, subscription_type, union_type};
pub use response::{Refusals, written};
pub use roots::{Root, RootType};
pub use subscription::{SubscriptionRoot, SubscriptionRootType, subscribe};
