//! Rust as a list of tokens, without comments, texts and tests.

/// A word, a number, `::`, or any other character.
pub(crate) type Token = String;

/// The tokens of a source text; texts and characters become `""`, lifetimes vanish.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let text: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let next = |ahead: usize| rest.get(ahead).copied().unwrap_or('\0');
        at += match rest[0] {
            '/' if next(1) == '/' => length_until(rest, "\n"),
            '/' if next(1) == '*' => block_comment(rest),
            '"' => push_text(&mut tokens, quoted(rest, '"')),
            '\'' if next(1) == '\\' || next(2) == '\'' => {
                push_text(&mut tokens, quoted(rest, '\''))
            }
            '\'' => 1 + word(&rest[1..]),
            'r' | 'b' | 'c' if raw(rest).is_some() => {
                push_text(&mut tokens, raw(rest).unwrap_or(1))
            }
            ':' if next(1) == ':' => {
                tokens.push("::".into());
                2
            }
            c if c.is_alphanumeric() || c == '_' => {
                let length = word(rest);
                tokens.push(rest[..length].iter().collect());
                length
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push(c.into());
                }
                1
            }
        };
    }
    tokens
}

fn push_text(tokens: &mut Vec<Token>, length: usize) -> usize {
    tokens.push("\"\"".into());
    length
}

fn word(text: &[char]) -> usize {
    text.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count()
}

fn length_until(text: &[char], end: &str) -> usize {
    let end: Vec<char> = end.chars().collect();
    let found = text.windows(end.len()).position(|window| window == end);
    found.map_or(text.len(), |at| at + end.len())
}

/// Block comments can hold one another.
fn block_comment(text: &[char]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => (at, depth) = (at + 2, depth + 1),
            ('*', Some('/')) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(text: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The length of a raw text, or of one with a prefix.
fn raw(text: &[char]) -> Option<usize> {
    let prefix = word(text);
    if prefix > 2 || !text[..prefix].iter().all(|c| "brc".contains(*c)) {
        return None;
    }
    let marks = text[prefix..].iter().take_while(|c| **c == '#').count();
    let start = prefix + marks;
    match text.get(start)? {
        '"' if text[..prefix].contains(&'r') => {
            let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', marks)).collect();
            Some(start + 1 + length_until(&text[start + 1..], &end))
        }
        quote @ ('"' | '\'') if marks == 0 => Some(prefix + quoted(&text[prefix..], *quote)),
        _ => None,
    }
}

/// The tokens without items that are compiled for tests only.
pub(crate) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].starts_with(&MARK.map(str::to_owned)) {
            at += MARK.len();
            at += item(&tokens[at..]);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// How many tokens the item takes with which these begin.
fn item(tokens: &[Token]) -> usize {
    let is_use = tokens.iter().take(8).any(|token| token == "use");
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        let ended = (token == "}" && !is_use) || token == ";";
        if depth == 0 && ended {
            return at + 1;
        }
    }
    tokens.len()
}

#[test]
fn texts_comments_and_lifetimes_are_no_words() {
    let source = r##"
        // use a::b; "
        fn f<'a>(x: &'a str) -> char { /* { /* } */ */ '{' } // '
        const T: &str = "use c::d; \" }"; const R: &str = r#"" }"#; const B: u8 = b'\'';
    "##;
    let expected = "fn f < > ( x : & str ) - > char { \"\" } const T : & str = \"\" ; \
                    const R : & str = \"\" ; const B : u8 = \"\" ;";
    assert_eq!(tokens(source).join(" "), expected);
}

#[test]
fn tests_are_left_out() {
    let source = "use a::b;
        #[cfg(test)] use c::{d, e};
        #[cfg(test)]
        #[expect(dead_code, reason = \"x\")]
        mod tests { use super::*; fn f() { g(); } }
        fn g() {}
        #[cfg(test)] mod more;";
    assert_eq!(without_tests(&tokens(source)).join(" "), "use a :: b ; fn g ( ) { }");
}
