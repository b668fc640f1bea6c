//! All that is wrong at once, not one thing a run.

use syn::{Error, Result};

/// Fine, if there are none.
pub(crate) fn all(errors: impl IntoIterator<Item = Error>) -> Result<()> {
    let combine = |mut all: Error, next| {
        all.combine(next);
        all
    };
    errors.into_iter().reduce(combine).map_or(Ok(()), Err)
}

/// Every part, or every error.
pub(crate) fn every<T>(parts: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut good, mut errors) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Ok(part) => good.push(part),
            Err(error) => errors.push(error),
        }
    }
    all(errors).map(|()| good)
}
