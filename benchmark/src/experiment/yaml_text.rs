//! What stands in a text of YAML at a place, for messages about text that no parser could read.

/// A place in the text: line and column, from 1.
pub(super) type Spot = (u64, u64);

/// The text from a place to the end.
pub(super) fn rest_at(yaml: &str, (line, column): Spot) -> Option<&str> {
    let skipped = usize::try_from(line).ok()?.checked_sub(1)?;
    let start: usize = yaml.split_inclusive('\n').take(skipped).map(str::len).sum();
    let column = usize::try_from(column).ok()?.saturating_sub(1);
    let within = yaml.get(start..)?.char_indices().nth(column).map_or(0, |(at, _)| at);
    yaml.get(start + within..)
}

/// The single value at a place.
pub(super) fn scalar_at(yaml: &str, place: Spot) -> Option<String> {
    let line = rest_at(yaml, place)?.lines().next()?;
    let quoted = line.chars().next().filter(|quote| ['"', '\''].contains(quote));
    let end = match quoted {
        Some(quote) => line[1..].find(quote).map(|end| end + 2),
        None => [", ", ",\t", "}", "]", " #"].into_iter().filter_map(|end| line.find(end)).min(),
    };
    let text = line[..end.unwrap_or(line.len())].trim().trim_end_matches(',');
    Some(text.to_owned())
}

/// The last bracket before a place that is not closed there, with its line. Brackets in quotes count too: it is a
/// guess at what went wrong.
pub(super) fn open_bracket(yaml: &str, (last, _): Spot) -> Option<(char, u64)> {
    let mut open = Vec::new();
    for (line, text) in (1_u64..).zip(yaml.lines()).take_while(|(line, _)| *line <= last) {
        for c in text.chars() {
            match c {
                '[' | '{' => open.push((c, line)),
                ']' | '}' => drop(open.pop()),
                _ => {}
            }
        }
    }
    open.pop()
}

/// Whether every bracket of a text is closed, from its first on.
pub(super) fn is_closed(text: &str) -> bool {
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return true;
        }
    }
    false
}

/// Whether a line says nothing.
pub(super) fn is_comment(line: &str) -> bool {
    let text = line.trim();
    text.is_empty() || text.starts_with('#')
}
