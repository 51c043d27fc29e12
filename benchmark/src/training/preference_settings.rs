//! Settings of the preference stage.

use prefsweep_datasets::InvalidSetting;
use prefsweep_policy::optimizer::Settings;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expert_settings::PreferenceExperts;
use crate::data::Targets;
use crate::negatives::SamplerConfig;

/// The most steps of a run: results number them in 32 bits.
const MOST_STEPS: usize = u32::MAX as usize;

/// Optimiser steps, where neither they nor epochs are given.
const STEPS: usize = 120;

/// The learning rate over the steps, after warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// The same rate throughout.
    Constant,
    /// Half a cosine, from the full rate towards zero, which it would reach after the last step.
    Cosine,
}

/// The preference stage: the policy starts at the reference and is trained with a loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PreferenceConfig {
    /// Optimiser steps; 120 unless `epochs` are given.
    #[schemars(range(min = 1))]
    pub steps: Option<usize>,
    /// Passes over all training windows, in place of `steps`.
    #[schemars(range(min = 1))]
    pub epochs: Option<usize>,
    /// Windows per step.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// AdamW's learning rate.
    pub learning_rate: f64,
    /// Share of the steps over which the learning rate rises linearly from zero.
    pub warmup: f64,
    /// The learning rate after warm-up.
    pub schedule: Schedule,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// Largest global norm of the gradient; larger ones are scaled down to it. None: no clipping.
    pub gradient_clip: Option<f64>,
    /// Strength of the pull, in every loss that has none of its own.
    pub beta: f64,
    /// Dropout of the policy in training. Zero, as preference trainers do, keeps
    /// policy = reference at the first step.
    pub dropout: f64,
    /// Which positions are trained.
    pub targets: Targets,
    /// Where negatives come from, by name or as `name: {settings}`; a loss with a pool of its own
    /// (`ro_dpo`) allows nothing but the default, `uniform`.
    pub sampler: SamplerConfig,
    /// How experts are trained, where the model has some.
    pub experts: PreferenceExperts,
}

impl Default for PreferenceConfig {
    fn default() -> Self {
        Self {
            steps: None,
            epochs: None,
            batch_size: 128,
            learning_rate: 5e-4,
            warmup: 0.0,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            gradient_clip: None,
            beta: 1.0,
            dropout: 0.0,
            targets: Targets::All,
            sampler: SamplerConfig::default(),
            experts: PreferenceExperts::default(),
        }
    }
}

impl Identify for PreferenceConfig {
    fn identify(&self, identity: &mut Identity) {
        // Of a plan: epochs are steps there.
        identity.field("steps", &self.steps());
        identity.field("batch_size", &self.batch_size);
        identity.field("learning_rate", &self.learning_rate);
        identity.field("warmup", &self.warmup);
        identity.field(
            "schedule",
            match self.schedule {
                Schedule::Constant => "constant",
                Schedule::Cosine => "cosine",
            },
        );
        identity.field("weight_decay", &self.weight_decay);
        identity.field("gradient_clip", &self.gradient_clip);
        identity.field("beta", &self.beta);
        identity.field("dropout", &self.dropout);
        identity.field("targets", self.targets.name());
        identity.part("sampler", &self.sampler);
        identity.part("experts", &self.experts);
    }
}

impl PreferenceConfig {
    /// Whether every setting is in its range; keys are relative to `preference`.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        if let (Some(steps), Some(_)) = (self.steps, self.epochs) {
            let allowed = "either `steps` or `epochs`, the other left out or null";
            return Err(InvalidSetting::new("steps", format!("{steps} beside `epochs`"), allowed));
        }
        if let Some(steps) = self.steps {
            InvalidSetting::at_least("steps", steps, 1)?;
            InvalidSetting::at_most("steps", steps, MOST_STEPS)?;
        }
        self.epochs.map_or(Ok(()), |found| InvalidSetting::at_least("epochs", found, 1))?;
        InvalidSetting::at_least("batch_size", self.batch_size, 1)?;
        InvalidSetting::positive("learning_rate", self.learning_rate)?;
        InvalidSetting::share("warmup", self.warmup)?;
        InvalidSetting::not_negative("weight_decay", self.weight_decay)?;
        InvalidSetting::positive("beta", self.beta)?;
        InvalidSetting::share("dropout", self.dropout)?;
        self.experts.check()?;
        self.gradient_clip.map_or(Ok(()), |clip| InvalidSetting::positive("gradient_clip", clip))
    }

    /// Whether epochs over so many windows are not too many steps; the key is relative to `preference`.
    ///
    /// # Errors
    /// When they are.
    pub fn check_epochs(&self, windows: usize) -> Result<(), InvalidSetting> {
        let most = MOST_STEPS / windows.div_ceil(self.batch_size).max(1);
        self.epochs.map_or(Ok(()), |found| InvalidSetting::at_most("epochs", found, most))
    }

    /// Optimiser steps.
    ///
    /// # Panics
    /// When they are given in epochs, which [`in_steps`](Self::in_steps) turns into steps.
    #[must_use]
    pub fn steps(&self) -> usize {
        assert!(
            self.epochs.is_none(),
            "epochs are turned into steps when an experiment is planned"
        );
        self.steps.unwrap_or(STEPS)
    }

    /// The same settings with steps in place of epochs, on so many windows.
    #[must_use]
    pub fn in_steps(&self, windows: usize) -> Self {
        let steps = match self.epochs {
            Some(epochs) => epochs * windows.div_ceil(self.batch_size),
            None => self.steps(),
        };
        Self { steps: Some(steps), epochs: None, ..self.clone() }
    }

    /// The optimiser's settings.
    #[must_use]
    pub fn optimizer(&self) -> Settings {
        Settings { weight_decay: self.weight_decay, clip: self.gradient_clip }
    }

    /// Whether there is an evaluation after `step`, counted from 0, if one is due every `every` steps.
    #[must_use]
    pub fn is_evaluated_after(&self, step: usize, every: usize) -> bool {
        let done = step + 1;
        done.is_multiple_of(every) || done == self.steps()
    }

    /// The learning rate of `step`, counted from 0: linear warm-up, then the schedule.
    #[must_use]
    pub fn learning_rate_at(&self, step: usize) -> f64 {
        let warm = (self.warmup * self.steps() as f64).ceil();
        let step = step as f64;
        if step < warm {
            return self.learning_rate * (step + 1.0) / warm;
        }
        match self.schedule {
            Schedule::Constant => self.learning_rate,
            Schedule::Cosine => {
                let done = (step - warm) / (self.steps() as f64 - warm);
                self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        }
    }
}
