//! What must hold of whatever comes out of a reader.

use prefsweep_datasets::{DataError, Dataset};

/// Whether a dataset was loaded. One that was is sound, and one that was not has a message for its user.
pub(crate) fn accepted(loaded: Result<Dataset, DataError>) -> bool {
    match loaded {
        Ok(dataset) => {
            assert_eq!(dataset.user_ids.len(), dataset.n_users());
            assert_eq!(dataset.item_ids.len(), dataset.n_items);
            let items = dataset.sequences.iter().flatten();
            assert!(items.clone().all(|item| (*item as usize) < dataset.n_items));
            for user in 0..dataset.n_users() {
                let trained = dataset.train(user).len();
                let held_out = [dataset.validation(user), dataset.test(user)];
                assert!(held_out.into_iter().flatten().all(|case| case.history.len() >= trained));
            }
            assert!(dataset.item_titles.is_none_or(|titles| titles.len() == dataset.n_items));
            true
        }
        Err(error) => {
            assert!(error.is_user_error(), "{error:?}");
            assert!(!error.to_string().trim().is_empty());
            false
        }
    }
}
