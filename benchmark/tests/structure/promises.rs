//! Promises, and the tests that the documentation names beside them.

/// A row of the table of promises.
pub(crate) struct Promise {
    /// What is promised.
    pub(crate) text: String,
    /// The functions named on the row, in backticks.
    pub(crate) tests: Vec<String>,
    /// The source files that the row links to, seen from the page.
    pub(crate) files: Vec<String>,
}

/// The rows below `| promise | shown by |`.
pub(crate) fn promises(page: &str) -> Vec<Promise> {
    let rows = page.lines().skip_while(|line| !line.starts_with("| promise |")).skip(2);
    rows.take_while(|line| line.starts_with("| ")).map(promise).collect()
}

fn promise(row: &str) -> Promise {
    let is_name = |text: &&str| {
        let fits =
            |letter: char| letter == '_' || letter.is_ascii_lowercase() || letter.is_ascii_digit();
        text.contains('_') && text.chars().all(fits)
    };
    let in_backticks = row.split('`').skip(1).step_by(2);
    let links = row.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    Promise {
        text: row.split('|').nth(1).unwrap_or_default().trim().to_owned(),
        tests: in_backticks.filter(is_name).map(str::to_owned).collect(),
        files: links.filter(|link| link.ends_with(".rs")).map(str::to_owned).collect(),
    }
}

/// Whether a source file has a test of this name.
pub(crate) fn has_test(source: &str, name: &str) -> bool {
    let start = format!("fn {name}(");
    source
        .split("#[test]")
        .skip(1)
        .any(|after| after.find("fn ").is_some_and(|at| after[at..].starts_with(&start)))
}
