//! Numbers of bytes, for people.

/// Bytes for people: `4.9 MB`.
pub(super) fn bytes(count: u64) -> String {
    let (mut value, mut unit) = (count as f64, "bytes");
    for larger in ["kB", "MB", "GB", "TB"] {
        if value < 1000.0 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    if unit == "bytes" { format!("{count} {unit}") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        let texts = [0, 999, 1000, 4_924_029, 5_000_000_000].map(bytes);
        assert_eq!(texts, ["0 bytes", "999 bytes", "1.0 kB", "4.9 MB", "5.0 GB"]);
    }
}
