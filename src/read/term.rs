//! The notation of SQL in the tables of types. A *term* is plain SQL with marks in braces; it is parsed while the program
//! is compiled, so a mark that is not closed or not known to the notation does not compile.
//!
//! | mark | stands for |
//! | --- | --- |
//! | `{row}` | the alias of the row that the term is about: `{row}.name`, `FROM instance {row}` |
//! | `{parent}` | the id of the object that a list belongs to |
//! | `{arg name}` | the value of the field's argument `name` |
//! | `{value}` | the next value that comes with the term |
//! | `{any_value}` | "is one of": the next value that comes with the term is a list of ids or texts |
//! | `{parents}` | "is one of": the ids of all objects that the list belongs to |
//! | `{conditions}` | the conditions of the list's filters, each after an `AND` |
//! | `{word …}` | a word of `sql!`, in which marks may stand: `{begun}`, `{unindexed {row}.id}` |
//!
//! The last three and `FROM … {row}` are for statements that lists are read from. Text between apostrophes is left as it
//! is. The aliases of the reader itself (`i`, `p`, `v`, `t0`, `c0`, `part0`, …) are refused.

/// A part of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(&'static str),
    Row,
    Parent,
    Argument(&'static str),
    Value,
    AnyValue,
    Parents,
    Conditions,
    /// A word of `sql!` begins: its name, with a space if something follows.
    Word(&'static str),
    /// The innermost word ends.
    EndWord,
}

/// SQL over a row, parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term(&'static [Piece]);

impl Term {
    /// Use `term!` instead.
    pub const fn new(pieces: &'static [Piece]) -> Term {
        Term(pieces)
    }

    /// How many pieces a text has.
    pub const fn count(text: &'static str) -> usize {
        pieces::<0>(text).1
    }

    /// The pieces of a text that has this many.
    pub const fn parse<const COUNT: usize>(text: &'static str) -> [Piece; COUNT] {
        pieces(text).0
    }

    pub fn pieces(self) -> &'static [Piece] {
        self.0
    }

    /// Returns whether a piece occurs in it.
    pub fn has(self, piece: Piece) -> bool {
        self.0.contains(&piece)
    }

    /// The names of the arguments that it takes.
    pub fn arguments(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Argument(name) => Some(*name),
            _ => None,
        })
    }
}

/// Parses a term while the program is compiled.
macro_rules! term {
    ($text:expr) => {{
        const TEXT: &str = $text;
        const PIECES: [$crate::read::declare::Piece; $crate::read::declare::Term::count(TEXT)] =
            $crate::read::declare::Term::parse(TEXT);
        $crate::read::declare::Term::new(&PIECES)
    }};
}
pub(crate) use term;

/// The first pieces of a text, and how many it has.
const fn pieces<const ROOM: usize>(text: &'static str) -> ([Piece; ROOM], usize) {
    let bytes = text.as_bytes();
    let mut all = [Piece::EndWord; ROOM];
    let (mut count, mut from, mut at, mut depth) = (0, 0, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => at = after_literal(bytes, at),
            b'$' | b'?' => panic!("a value is marked with {{value}} in a term"),
            b'{' | b'}' => {
                if from < at {
                    push(&mut all, &mut count, Piece::Text(slice(text, from, at)));
                }
                let piece;
                (piece, at) = mark(text, at);
                match piece {
                    Piece::Word(_) => depth += 1,
                    Piece::EndWord if depth == 0 => panic!("a term closes a mark that it did not open"),
                    Piece::EndWord => depth -= 1,
                    _ => {}
                }
                push(&mut all, &mut count, piece);
                from = at;
            }
            byte if is_name(byte) => {
                let end = after_name(bytes, at);
                assert!(!is_reserved(bytes, at, end), "a term uses an alias of the reader itself");
                at = end;
            }
            _ => at += 1,
        }
    }
    assert!(depth == 0, "a term does not close a mark");
    if from < at {
        push(&mut all, &mut count, Piece::Text(slice(text, from, at)));
    }
    (all, count)
}

const fn push(all: &mut [Piece], count: &mut usize, piece: Piece) {
    if *count < all.len() {
        all[*count] = piece;
    }
    *count += 1;
}

/// The piece that begins at a brace, and where it ends.
const fn mark(text: &'static str, at: usize) -> (Piece, usize) {
    let bytes = text.as_bytes();
    if bytes[at] == b'}' {
        return (Piece::EndWord, at + 1);
    }
    let end = after_name(bytes, at + 1);
    assert!(at + 1 < end && end < bytes.len(), "a mark of a term has no name, or is not closed");
    let name = slice(text, at + 1, end).as_bytes();
    if bytes[end] == b'}' {
        let piece = match name {
            b"row" => Piece::Row,
            b"parent" => Piece::Parent,
            b"value" => Piece::Value,
            b"any_value" => Piece::AnyValue,
            b"parents" => Piece::Parents,
            b"conditions" => Piece::Conditions,
            // Its end is a piece of its own.
            _ => return (Piece::Word(slice(text, at + 1, end)), end),
        };
        return (piece, end + 1);
    }
    assert!(bytes[end] == b' ', "the name of a mark ends with a space or a brace");
    match name {
        b"arg" => {
            let last = after_name(bytes, end + 1);
            assert!(last < bytes.len() && bytes[last] == b'}', "an argument is marked as {{arg name}}");
            (Piece::Argument(slice(text, end + 1, last)), last + 1)
        }
        _ => (Piece::Word(slice(text, at + 1, end + 1)), end + 1),
    }
}

/// Where a literal that begins here ends. Braces in it would be read as a word of `sql!` later.
const fn after_literal(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => return at + 1,
            b'{' | b'}' => panic!("a text in a term has no braces"),
            _ => at += 1,
        }
    }
    panic!("a text in a term is not closed")
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

const fn after_name(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < bytes.len() && is_name(bytes[at]) {
        at += 1;
    }
    at
}

/// Whether a name is `i`, `p` or `v`, or `t`, `c` or `part` with a number.
const fn is_reserved(bytes: &[u8], from: usize, end: usize) -> bool {
    let mut digits = end;
    while digits > from && bytes[digits - 1].is_ascii_digit() {
        digits -= 1;
    }
    match (digits - from, bytes[from], digits < end) {
        (1, b'i' | b'p' | b'v', false) | (1, b't' | b'c', true) => true,
        (4, b'p', true) => bytes[from + 1] == b'a' && bytes[from + 2] == b'r' && bytes[from + 3] == b't',
        _ => false,
    }
}

const fn slice(text: &'static str, from: usize, to: usize) -> &'static str {
    text.split_at(to).0.split_at(from).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_falls_into_its_pieces() {
        let term = term!("{row}.a::text = 'it''s 10:30 $.x' AND ({row}.b > {begun} OR x.c IN ({any {value}}))");
        let expected = [
            Piece::Row,
            Piece::Text(".a::text = 'it''s 10:30 $.x' AND ("),
            Piece::Row,
            Piece::Text(".b > "),
            Piece::Word("begun"),
            Piece::EndWord,
            Piece::Text(" OR x.c IN ("),
            Piece::Word("any "),
            Piece::Value,
            Piece::EndWord,
            Piece::Text("))"),
        ];
        assert_eq!(term.pieces(), expected);
        let term = term!("{unindexed {row}.id} = {arg theName} OR x.kind {any_value}{conditions}");
        let expected = [
            Piece::Word("unindexed "),
            Piece::Row,
            Piece::Text(".id"),
            Piece::EndWord,
            Piece::Text(" = "),
            Piece::Argument("theName"),
            Piece::Text(" OR x.kind "),
            Piece::AnyValue,
            Piece::Conditions,
        ];
        assert_eq!(term.pieces(), expected);
        assert_eq!(term.arguments().collect::<Vec<_>>(), ["theName"]);
        assert!(term.has(Piece::Conditions) && !term.has(Piece::Parents));
    }

    #[test]
    fn what_is_wrong_in_a_term_does_not_compile() {
        let wrong = [
            "{row.name}",
            "{row",
            "{}",
            "row}",
            "{any {value}",
            "{arg two words}",
            "a = $1",
            "a = ?",
            "a = 'x",
            "a = '{row}'",
            "SELECT 1 FROM instance i",
            "p.value",
            "t0.id",
            "part0.id",
            "c12",
        ];
        for text in wrong {
            assert!(std::panic::catch_unwind(|| Term::count(text)).is_err(), "{text}");
        }
        for text in ["pi.part = x.tea + c + t", "part = 'i p t0'", ""] {
            assert!(std::panic::catch_unwind(|| Term::count(text)).is_ok(), "{text}");
        }
    }
}
