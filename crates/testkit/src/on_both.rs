//! One test function, run as two tests.

/// Makes two tests of a function, one for each kind of database: `name::sqlite` and `name::postgres`. The function takes
/// the kind by its name, as [`databases::fresh`](crate::databases::fresh) does. It is asynchronous, unless the word `sync`
/// stands before its name; with `threads` it runs on several threads.
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
    (threads $name:ident) => {
        $crate::on_both!(@asynchronous $name, flavor = "multi_thread");
    };
    ($name:ident) => {
        $crate::on_both!(@asynchronous $name, flavor = "current_thread");
    };
    (@asynchronous $name:ident, $($runtime:tt)*) => {
        mod $name {
            #[tokio::test($($runtime)*)]
            async fn sqlite() {
                super::$name("sqlite").await;
            }

            #[tokio::test($($runtime)*)]
            async fn postgres() {
                super::$name("postgres").await;
            }
        }
    };
}
