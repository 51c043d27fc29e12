//! Separated values with a header, or Parquet, columns named by the experiment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delimited::{Columns, Names};
use crate::config::{InvalidSetting, require};

/// The columns of a table; fields of separated values may be in double quotes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableConfig {
    /// What is between two fields, such as "," or "\t"; not used for Parquet.
    #[serde(default = "comma")]
    pub separator: String,
    /// Name of the column of users.
    pub user: String,
    /// Name of the column of items.
    pub item: String,
    /// Name of the column of times, numbers of any unit or dates (2017-12-31, 2017-12-31 23:59:59);
    /// without it the rows are in time order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Name of the column of ratings; only `min_rating` needs it.
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
        require(plain, "file.format.table.separator", found, "one or more characters, no quote")?;
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
                "the name of a column of its own",
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
