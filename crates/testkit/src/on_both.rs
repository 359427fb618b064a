//! One test function, run as two tests.

/// Makes two tests of a function, one for each kind of database: `name::sqlite` and `name::postgres`.
///
/// - `on_both!(name)`: an `async fn` that takes the kind of its database, as [`databases::fresh`](crate::databases::fresh)
///   does;
/// - `on_both!(name in World)`: an `async fn` that takes `&World`, which `World::start(kind)` makes before it, and
///   `finish()` checks after it;
/// - `on_both!(threads name)` and `on_both!(threads name in World)`: the same on several threads;
/// - `on_both!(sync name)`: a function that is not asynchronous.
#[macro_export]
macro_rules! on_both {
    (sync $name:ident) => {
        mod $name {
            #[test]
            fn sqlite() {
                super::$name("sqlite");
            }

            #[test]
            fn postgres() {
                super::$name("postgres");
            }
        }
    };
    (threads $name:ident $(in $world:ident)?) => {
        $crate::on_both!(@async $name, [flavor = "multi_thread", worker_threads = 4], $($world)?);
    };
    ($name:ident $(in $world:ident)?) => {
        $crate::on_both!(@async $name, [flavor = "current_thread"], $($world)?);
    };
    (@async $name:ident, [$($runtime:tt)*], $($world:ident)?) => {
        mod $name {
            #[tokio::test($($runtime)*)]
            async fn sqlite() {
                $crate::on_both!(@run "sqlite", $name, $($world)?);
            }

            #[tokio::test($($runtime)*)]
            async fn postgres() {
                $crate::on_both!(@run "postgres", $name, $($world)?);
            }
        }
    };
    (@run $kind:literal, $name:ident,) => {
        super::$name($kind).await;
    };
    (@run $kind:literal, $name:ident, $world:ident) => {
        let world = super::$world::start($kind).await;
        super::$name(&world).await;
        world.finish();
    };
}
