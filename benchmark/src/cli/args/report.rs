//! What is said of stored results.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use prefsweep_report::{PaperWidth, TableFormat};

use super::results::StoredArgs;

#[derive(Args, Debug)]
pub(crate) struct TableArgs {
    /// The table's format; LaTeX fits a column of a paper
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    pub(crate) format: Format,
    /// Metrics of a table that fits a column, as in ndcg@10,hr@10
    #[arg(long, value_delimiter = ',', value_name = "METRIC@CUTOFF")]
    pub(crate) metrics: Vec<String>,
    /// Numbers of negatives of such a table: best (K*), max, or a number
    #[arg(long, value_delimiter = ',', value_name = "K")]
    pub(crate) k: Vec<String>,
    /// Losses of such a table; a modifier with its base loss, as in 'dynamic_po(dmpo)'
    #[arg(long, num_args = 1.., value_name = "LOSS")]
    pub(crate) losses: Vec<String>,
    /// Print JSON, for programs: one object per row, numbers in full
    #[arg(long, conflicts_with_all = ["format", "all"])]
    pub(crate) json: bool,
    /// With --format latex: every metric and K, over both columns of a page
    #[arg(long, conflicts_with_all = ["metrics", "k", "losses"])]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) stored: StoredArgs,
}

#[derive(Args, Debug)]
pub(crate) struct PlotArgs {
    /// Write PDF (vectors, fonts inside, text of 8 pt), which is what there is
    #[arg(long)]
    pub(crate) pdf: bool,
    /// How wide: a column (85 mm) or a page (178 mm) of a two-column article
    #[arg(long, value_enum, default_value_t = Width::Column)]
    pub(crate) width: Width,
    /// Where to write them; the default is `plots` in the results' own `report` folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) stored: StoredArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// Where to write it; the default is the results' own `report` folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) stored: StoredArgs,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Print JSON, for programs: every check and how it ended
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) stored: StoredArgs,
}

#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    /// Results to compare with (baseline): a results folder, its index.json, or a folder that
    /// `prefsweep export` wrote
    pub(crate) a: PathBuf,
    /// Results to compare (candidate), in the same forms
    pub(crate) b: PathBuf,
    /// The output's format
    #[arg(long, value_enum, default_value_t = CompareFormat::Markdown)]
    pub(crate) format: CompareFormat,
    /// Exit with 1 where a difference is significant after Holm's correction, B lacks a run of A,
    /// or users cannot be paired
    #[arg(long)]
    pub(crate) fail_on_drift: bool,
    /// With --fail-on-drift: also where any user's rank differs
    #[arg(long, requires = "fail_on_drift")]
    pub(crate) exact: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ClaimsArgs {
    /// Results folders, or folders with a verdict.json
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// Folder for the page: claims.md, claims.html, claims.json, claims.csv and plots
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct LeaderboardArgs {
    /// Results folders, or folders with a verdict.json
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// Folder for the page: leaderboard.md, .html, .csv, .tex and the figure
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For GitHub and notes
    Markdown,
    /// For papers
    Latex,
    /// For further work
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    /// A table to read
    Markdown,
    /// The table in plain numbers
    Csv,
    /// Everything, for programs
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Width {
    /// 85 mm
    Column,
    /// 178 mm
    Page,
}

impl From<Width> for PaperWidth {
    fn from(width: Width) -> Self {
        match width {
            Width::Column => Self::Column,
            Width::Page => Self::Page,
        }
    }
}

impl From<Format> for TableFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Markdown => Self::Markdown,
            Format::Latex => Self::Latex,
            Format::Csv => Self::Csv,
        }
    }
}
