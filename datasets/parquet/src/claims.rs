//! What a file claims of its own content, compared with its size.

use std::io::Cursor;

use polars::prelude::{PolarsResult, polars_bail, polars_ensure, polars_err};
use polars_parquet::read::{ColumnChunkMetadata, FileMetadata};
use polars_parquet_format::PageHeader;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;

/// Rows that a file of any size may have.
const ROWS: usize = 1 << 18;
/// More rows for each byte. A column of equal values takes next to no bytes; users, items and times together take more
/// than a bit a row.
const ROWS_PER_BYTE: usize = 256;
/// Bytes of any page after decompression. Writers aim at pages of 1 MiB.
const PAGE: usize = 16 << 20;
/// More of them for each byte before. No table of different rows is compressed as much.
const BYTES_PER_BYTE: usize = 1024;

/// Compares the numbers of rows, of values and of bytes in the named columns, or in all, with each other and with the
/// size of the file. No page is decompressed.
pub(crate) fn check(
    bytes: &[u8],
    metadata: &FileMetadata,
    columns: Option<&[&str]>,
) -> PolarsResult<()> {
    let most = ROWS.saturating_add(bytes.len().saturating_mul(ROWS_PER_BYTE));
    let rows = metadata
        .row_groups
        .iter()
        .try_fold(0_usize, |sum, group| sum.checked_add(group.num_rows()));
    polars_ensure!(
        rows == Some(metadata.num_rows) && metadata.num_rows <= most,
        ComputeError: "{} rows are claimed in {} bytes", metadata.num_rows, bytes.len()
    );
    for group in &metadata.row_groups {
        for column in group.parquet_columns() {
            let name = column.descriptor().path_in_schema[0].as_str();
            if columns.is_none_or(|columns| columns.contains(&name)) {
                check_column(bytes, column, group.num_rows(), most)?;
            }
        }
    }
    Ok(())
}

/// The pages of a column in a group of `rows` rows. A value of a list is a value, so only flat columns have one a row.
fn check_column(
    bytes: &[u8],
    column: &ColumnChunkMetadata,
    rows: usize,
    most: usize,
) -> PolarsResult<()> {
    let range = column.byte_range();
    let pages = bytes.get(range.start as usize..range.end as usize);
    let Some(pages) = pages else {
        polars_bail!(ComputeError: "a column lies beyond the end of the file")
    };
    let values = usize::try_from(column.num_values()).unwrap_or(usize::MAX);
    let is_flat = column.descriptor().descriptor.max_rep_level == 0;
    polars_ensure!(
        values <= most && (!is_flat || values == rows),
        ComputeError: "a column claims {values} values in {rows} rows"
    );
    let mut pages = Cursor::new(pages);
    let mut seen = 0;
    while seen < values {
        seen = values_of_page(&mut pages)?.saturating_add(seen);
    }
    polars_ensure!(seen == values, ComputeError: "the pages of a column claim more values than the column");
    Ok(())
}

/// Reads the head of a page, skips what follows, and says how many values of the column it claims.
fn values_of_page(pages: &mut Cursor<&[u8]>) -> PolarsResult<usize> {
    let most = pages.get_ref().len();
    let head =
        PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut *pages, most));
    let head = head.map_err(|error| polars_err!(ComputeError: "{error}"))?;
    let number = |claimed: i32| {
        usize::try_from(claimed).map_err(|_| polars_err!(ComputeError: "a page claims {claimed}"))
    };
    let (before, after) =
        (number(head.compressed_page_size)?, number(head.uncompressed_page_size)?);
    polars_ensure!(
        after <= PAGE.saturating_add(before.saturating_mul(BYTES_PER_BYTE)),
        ComputeError: "a page claims {after} bytes out of {before}"
    );
    pages.set_position(pages.position().saturating_add(before as u64));
    polars_ensure!(pages.position() <= most as u64, ComputeError: "a page ends beyond its column");
    if let Some(head) = &head.dictionary_page_header {
        // An entry takes a byte or more.
        let entries = number(head.num_values)?;
        polars_ensure!(entries <= after, ComputeError: "a page claims {entries} entries in {after} bytes");
    }
    let of_data = head.data_page_header.map(|head| head.num_values);
    of_data.or(head.data_page_header_v2.map(|head| head.num_values)).map_or(Ok(0), number)
}

#[cfg(test)]
mod tests {
    use polars_parquet_format::thrift::protocol::TCompactOutputProtocol;
    use polars_parquet_format::{DataPageHeader, DictionaryPageHeader, Encoding, PageType};

    use super::*;

    /// A head that claims so many bytes after decompression and before, and what is special to it, with `inside` bytes
    /// behind it.
    fn page(claimed: (i32, i32), special: impl FnOnce(&mut PageHeader), inside: usize) -> Vec<u8> {
        let kind = PageType::DATA_PAGE;
        let mut head = PageHeader::new(kind, claimed.0, claimed.1, None, None, None, None, None);
        special(&mut head);
        let mut bytes = Vec::new();
        head.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut bytes)).unwrap();
        bytes.resize(bytes.len() + inside, 0);
        bytes
    }

    fn values(count: i32) -> impl FnOnce(&mut PageHeader) {
        let plain = Encoding::PLAIN;
        move |head| {
            head.data_page_header = Some(DataPageHeader::new(count, plain, plain, plain, None))
        }
    }

    fn entries(count: i32) -> impl FnOnce(&mut PageHeader) {
        move |head| {
            head.dictionary_page_header =
                Some(DictionaryPageHeader::new(count, Encoding::PLAIN, None));
        }
    }

    fn said(page: &[u8]) -> Result<usize, String> {
        values_of_page(&mut Cursor::new(page)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_values_of_a_page_are_counted_and_what_follows_is_skipped() {
        let two = [page((40, 10), values(7), 10), page((40, 10), values(5), 10)].concat();
        let mut pages = Cursor::new(two.as_slice());
        assert_eq!(values_of_page(&mut pages).unwrap(), 7);
        assert_eq!(values_of_page(&mut pages).unwrap(), 5);
        assert_eq!(pages.position(), two.len() as u64);
        assert!(values_of_page(&mut pages).is_err());
        assert_eq!(said(&page((40, 10), entries(10), 10)).unwrap(), 0);
    }

    #[test]
    fn impossible_claims_are_refused() {
        for (page, reason) in [
            (page((40, 10), values(-1), 10), "claims -1"),
            (page((-40, 10), values(7), 10), "claims -40"),
            (page((40, -10), values(7), 10), "claims -10"),
            (page((40, 11), values(7), 10), "ends beyond its column"),
            (page((40, i32::MAX), values(7), 10), "ends beyond its column"),
            (page((i32::MAX, 10), values(7), 10), "claims 2147483647 bytes out of 10"),
            (page((40, 10), entries(41), 10), "claims 41 entries in 40 bytes"),
            (page((40, 10), entries(-1), 10), "claims -1"),
        ] {
            let error = said(&page).unwrap_err();
            assert!(error.contains(reason), "{error}: {reason}");
        }
    }
}
