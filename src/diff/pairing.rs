//! Finds which things of two lists belong together, where they have no names or more than their names count.

/// Whether two things are alike.
pub type Like<'l, A, B> = &'l dyn Fn(&A, &B) -> bool;

/// What belongs together, and what is left of both lists.
pub struct Paired<A, B> {
    /// In the order of the first list, the likest first.
    pub pairs: Vec<(A, B)>,
    /// Left of the first list.
    pub gone: Vec<A>,
    /// Left of the second list.
    pub came: Vec<B>,
}

/// Pairs two lists by several likenesses, the likest first.
pub fn paired<A, B>(old: Vec<A>, new: Vec<B>, likes: &[Like<'_, A, B>]) -> Paired<A, B> {
    let mut old: Vec<Option<A>> = old.into_iter().map(Some).collect();
    let mut new: Vec<Option<B>> = new.into_iter().map(Some).collect();
    let mut pairs = Vec::new();
    for is_like in likes {
        for was in &mut old {
            let Some(one) = was.as_ref() else { continue };
            let other = new.iter_mut().find(|now| now.as_ref().is_some_and(|now| is_like(one, now)));
            if let Some(pair) = other.and_then(|now| Some((was.take()?, now.take()?))) {
                pairs.push(pair);
            }
        }
    }
    Paired {
        pairs,
        gone: old.into_iter().flatten().collect(),
        came: new.into_iter().flatten().collect(),
    }
}
