//! Delimited text with a header, or Parquet, with column names given in the experiment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delimited::{Columns, Names};
use super::encoding::Encoding;
use crate::setting::{InvalidSetting, require};

/// The columns of a table; fields of delimited text may be in double quotes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableConfig {
    /// Separator of fields, such as "," or "\t"; not used for Parquet.
    #[serde(default = "comma")]
    pub separator: String,
    /// Encoding of delimited text; not used for Parquet.
    #[serde(default, skip_serializing_if = "Encoding::is_utf8")]
    pub encoding: Encoding,
    /// Name of the user column.
    pub user: String,
    /// Name of the item column.
    pub item: String,
    /// Name of the timestamp column: numbers of any unit, or dates (2017-12-31, 2017-12-31 23:59:59).
    /// Without it the rows are in chronological order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Name of the rating column; needed only with `min_rating`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
}

fn comma() -> String {
    ",".to_owned()
}

impl TableConfig {
    pub(crate) fn validate(&self) -> Result<(), InvalidSetting> {
        let plain = !self.separator.is_empty() && !self.separator.contains(['"', '\n', '\r']);
        let found = format_args!("{:?}", self.separator);
        require(
            plain,
            "file.format.table.separator",
            found,
            "one or more characters, no quote or line break",
        )?;
        let columns = [
            ("user", Some(&self.user)),
            ("item", Some(&self.item)),
            ("timestamp", self.timestamp.as_ref()),
            ("rating", self.rating.as_ref()),
        ];
        for (index, (key, name)) in columns.iter().enumerate() {
            let Some(name) = name else { continue };
            let taken = columns[..index].iter().any(|(_, other)| *other == Some(*name));
            require(
                !name.is_empty() && !taken,
                &format!("file.format.table.{key}"),
                format_args!("{name:?}"),
                "a column name that is not used for another role",
            )?;
        }
        Ok(())
    }
}

pub(super) fn columns(config: &TableConfig, header: &str) -> Result<Columns, String> {
    let names = Names {
        user: &config.user,
        item: &config.item,
        timestamp: config.timestamp.as_deref(),
        rating: config.rating.as_deref(),
    };
    Columns::find(header, config.separator.clone().into(), true, true, &names)
}
