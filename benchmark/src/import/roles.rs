//! What a column of an imported table may hold, and what it is called unless the mapping says otherwise.

use prefsweep_store::TRAJECTORY_COLUMNS;

/// What a column says of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The loss, or `reference`.
    Loss,
    /// The base loss of a modifier.
    Over,
    /// Negatives per positive, K.
    Negatives,
    /// Seed of the run.
    Seed,
    /// Optimiser steps done.
    Step,
    /// Which held-out item.
    Split,
    /// Against which competitors.
    Protocol,
    /// The user.
    User,
    /// Expected rank, from 1.
    Rank,
    /// Competitors with exactly the held-out item's score.
    Ties,
    /// Items that the held-out one is ranked against.
    Competitors,
    /// The held-out item's score, in place of its rank.
    Score,
    /// The competitors' scores.
    Scores,
    /// The run's key as exports write it, in place of loss, K and seed.
    Key,
}

impl Role {
    /// All, in the order of an export.
    pub(super) const ALL: [Self; 14] = [
        Self::Loss,
        Self::Over,
        Self::Negatives,
        Self::Seed,
        Self::Step,
        Self::Split,
        Self::Protocol,
        Self::User,
        Self::Rank,
        Self::Ties,
        Self::Competitors,
        Self::Score,
        Self::Scores,
        Self::Key,
    ];

    /// The usual name of the column.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Over => "over",
            Self::Negatives => "K",
            Self::Seed => "seed",
            Self::Step => "step",
            Self::Split => "split",
            Self::Protocol => "protocol",
            Self::User => "user",
            Self::Rank => "rank",
            Self::Ties => "ties",
            Self::Competitors => "competitors",
            Self::Score => "score",
            Self::Scores => "scores",
            Self::Key => "key",
        }
    }
}

/// The quantities of an evaluation that are no ranks: the columns of a trajectory but the step.
pub(super) const TRAINING: [&str; TRAJECTORY_COLUMNS.len() - 1] = {
    let mut names = [""; TRAJECTORY_COLUMNS.len() - 1];
    let mut at = 0;
    while at < names.len() {
        names[at] = TRAJECTORY_COLUMNS[at + 1];
        at += 1;
    }
    names
};
