//! Text that a format shows as it is.

/// A value that CSV reads as one.
pub(crate) fn csv_escape(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Text that Markdown shows as it is. Underscores inside a word and brackets that make no link need
/// no escape.
pub(crate) fn markdown_escape(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let in_word = |position: Option<usize>| {
        position
            .and_then(|position| characters.get(position))
            .is_some_and(|character| character.is_alphanumeric())
    };
    let link = text.contains("](") || text.contains("][");
    let mut escaped = String::with_capacity(text.len());
    for (position, character) in characters.iter().enumerate() {
        match character {
            '_' if in_word(position.checked_sub(1)) && in_word(Some(position + 1)) => {}
            '|' | '*' | '_' | '`' | '<' | '\\' => escaped.push('\\'),
            '[' if link => escaped.push('\\'),
            '\n' | '\r' => {
                escaped.push(' ');
                continue;
            }
            _ => {}
        }
        escaped.push(*character);
    }
    escaped
}

/// Text that HTML and SVG show as it is, within an attribute too.
pub(crate) fn html_escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text that LaTeX shows as it is, with the signs this crate uses in math mode.
pub(crate) fn latex_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // A row or an item that begins with one of these would take it for an option.
    if text.starts_with(['[', '*']) {
        escaped.push_str("{}");
    }
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("$<$"),
            '>' => escaped.push_str("$>$"),
            '±' => escaped.push_str("$\\pm$"),
            '−' => escaped.push_str("$-$"),
            '–' => escaped.push_str("--"),
            '→' => escaped.push_str("$\\rightarrow$"),
            '√' => escaped.push_str("$\\surd$"),
            '†' => escaped.push_str("$\\dagger$"),
            '≤' => escaped.push_str("$\\leq$"),
            '≥' => escaped.push_str("$\\geq$"),
            '≈' => escaped.push_str("$\\approx$"),
            '∞' => escaped.push_str("$\\infty$"),
            '‖' => escaped.push_str("$\\|$"),
            '·' => escaped.push_str("$\\cdot$"),
            '°' => escaped.push_str("$^\\circ$"),
            '×' => escaped.push_str("$\\times$"),
            '|' => escaped.push_str("\\textbar{}"),
            '\n' | '\r' => escaped.push(' '),
            other => match greek(other) {
                Some(name) => escaped.push_str(&format!("$\\{name}$")),
                None => escaped.push(other),
            },
        }
    }
    escaped
}

/// The command of a Greek letter that is not a Latin one as well.
fn greek(letter: char) -> Option<&'static str> {
    const LETTERS: [(char, &str); 35] = [
        ('α', "alpha"),
        ('β', "beta"),
        ('γ', "gamma"),
        ('δ', "delta"),
        ('ε', "varepsilon"),
        ('ζ', "zeta"),
        ('η', "eta"),
        ('θ', "theta"),
        ('ι', "iota"),
        ('κ', "kappa"),
        ('λ', "lambda"),
        ('μ', "mu"),
        ('ν', "nu"),
        ('ξ', "xi"),
        ('π', "pi"),
        ('ρ', "rho"),
        ('σ', "sigma"),
        ('ς', "varsigma"),
        ('τ', "tau"),
        ('υ', "upsilon"),
        ('Υ', "Upsilon"),
        ('φ', "varphi"),
        ('χ', "chi"),
        ('ψ', "psi"),
        ('ω', "omega"),
        ('Γ', "Gamma"),
        ('Δ', "Delta"),
        ('Θ', "Theta"),
        ('Λ', "Lambda"),
        ('Ξ', "Xi"),
        ('Π', "Pi"),
        ('Σ', "Sigma"),
        ('Φ', "Phi"),
        ('Ψ', "Psi"),
        ('Ω', "Omega"),
    ];
    LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, name)| *name)
}
