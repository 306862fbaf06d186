//! Places in a text, and which of them lie over others: every question is answered without looking at all of them, so
//! that a long text costs as much per sign as a short one.

use std::ops::Range;

/// Places in a text, in any number.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// In the order in which they begin.
    sorted: Vec<Range<usize>>,
    /// For each of them where the last of it and those before it ends.
    reach: Vec<usize>,
}

impl Spans {
    pub fn new(mut spans: Vec<Range<usize>>) -> Self {
        spans.sort_by_key(|span| span.start);
        let reach = spans.iter().scan(0, |last, span| {
            *last = span.end.max(*last);
            Some(*last)
        });
        Self {
            reach: reach.collect(),
            sorted: spans,
        }
    }

    /// Where the last of those ends that begin before a place.
    fn reach_before(&self, place: usize) -> Option<usize> {
        let begun = self.sorted.partition_point(|span| span.start < place);
        self.reach.get(begun.checked_sub(1)?).copied()
    }

    /// True when one of them shares a sign with the span.
    pub fn overlap(&self, span: &Range<usize>) -> bool {
        self.reach_before(span.end).is_some_and(|end| end > span.start)
    }

    /// True when the span lies in one of them and is not its beginning.
    pub fn any_holds_the_end_of(&self, span: &Range<usize>) -> bool {
        self.reach_before(span.start).is_some_and(|end| end >= span.end)
    }
}

/// Where the parts of a text end.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Where each end is over, in order.
    over: Vec<usize>,
    /// Where each begins, in order, with the place up to which the part before it reaches, or an earlier one of those
    /// that follow.
    starts: Vec<(usize, usize)>,
}

impl Ends {
    /// `asks`: a question mark ends the sentence and still belongs to it.
    pub fn new(ends: &[Range<usize>], asks: impl Fn(&Range<usize>) -> bool) -> Self {
        let mut over: Vec<usize> = ends.iter().map(|end| end.end).collect();
        over.sort_unstable();
        let cut = |end: &Range<usize>| if asks(end) { end.end } else { end.start };
        let mut starts: Vec<(usize, usize)> = ends.iter().map(|end| (end.start, cut(end))).collect();
        starts.sort_unstable();
        let mut nearest = usize::MAX;
        for (_, cut) in starts.iter_mut().rev() {
            nearest = nearest.min(*cut);
            *cut = nearest;
        }
        Self { over, starts }
    }

    /// Where the part begins in which a place lies.
    pub fn before(&self, place: usize) -> usize {
        let past = self.over.partition_point(|end| *end <= place);
        let last = past.checked_sub(1).and_then(|at| self.over.get(at));
        last.copied().unwrap_or(0)
    }

    /// Where the part that goes on at a place ends, if anything ends it.
    pub fn after(&self, place: usize) -> Option<usize> {
        let at = self.starts.partition_point(|(start, _)| *start < place);
        self.starts.get(at).map(|(_, cut)| *cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans() -> impl Strategy<Value = Vec<Range<usize>>> {
        let span = (0_usize..30, 1_usize..8).prop_map(|(start, long)| start..start + long);
        proptest::collection::vec(span, 0..12)
    }

    proptest! {
        #[test]
        fn the_answers_are_those_of_looking_at_all_of_them(
            all in spans(),
            start in 0_usize..30,
            long in 1_usize..8,
            asking in proptest::collection::btree_set(0_usize..40, 0..12),
        ) {
            let span = start..start + long;
            let quick = Spans::new(all.clone());
            let overlaps = all.iter().any(|o| span.start < o.end && o.start < span.end);
            prop_assert_eq!(quick.overlap(&span), overlaps);
            let holds = all.iter().any(|o| o.start < span.start && span.end <= o.end);
            prop_assert_eq!(quick.any_holds_the_end_of(&span), holds);

            let asks = |end: &Range<usize>| asking.contains(&end.start);
            let ends = Ends::new(&all, asks);
            let before = all.iter().map(|r| r.end).filter(|end| *end <= start).max();
            prop_assert_eq!(ends.before(start), before.unwrap_or(0));
            let cut = |r: &Range<usize>| if asks(r) { r.end } else { r.start };
            let after = all.iter().filter(|r| r.start >= start).map(cut).min();
            prop_assert_eq!(ends.after(start), after);
        }
    }
}
