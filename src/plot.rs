//! Pictures of numbers, as SVG to stand in a page: bars, a funnel, stacks and lines over time.
//!
//! Pure functions of numbers and words; no script, no style attribute (a strict page refuses them), every word escaped.
//! Widths are shares of the page and letters keep their size, so that a picture is as readable on a telephone. Colours
//! are custom properties in [`STYLE`], for light and dark. Every picture tells its title and what it shows to screen
//! readers; the numbers themselves belong in a table beside it. Ours, since libraries for plots draw at a fixed size with
//! fixed colours. It knows nothing of what the numbers mean.

mod bars;
mod svg;
mod time;

pub use bars::{Bar, bars, funnel};
pub use svg::{Frame, Tone, escape};
pub use time::{Series, legend, lines, stacked};

/// What a page with pictures needs among its styles.
pub const STYLE: &str = "\
:root{--plot-1:#1f5fa8;--plot-2:#b45309;--plot-3:#4d7c0f;--plot-4:#7e3794;--plot-good:#2e7d4f;--plot-bad:#b3261e;\
--plot-muted:#8a919b;--plot-track:#e7eaee;--plot-grid:#d4d8de;--plot-text:#1c2430}\n\
@media (prefers-color-scheme:dark){:root{--plot-1:#7fb2ee;--plot-2:#f0a35a;--plot-3:#a9cf6b;--plot-4:#cf9be0;\
--plot-good:#74c794;--plot-bad:#f2867e;--plot-muted:#98a1ad;--plot-track:#2a313b;--plot-grid:#3c4551;--plot-text:#e6eaf0}}\n\
.plot{display:block;width:100%;overflow:visible}\n\
.plot text{fill:var(--plot-text);font:13px/1 system-ui,sans-serif}\n\
.plot .small{font-size:11.5px;opacity:.8}\n\
.plot .end{text-anchor:end}.plot .middle{text-anchor:middle}\n\
.plot .track{fill:var(--plot-track)}.plot .grid{stroke:var(--plot-grid);stroke-width:1}\n\
.plot .range{stroke:var(--plot-text);stroke-width:1.5}\n\
.tone-1{fill:var(--plot-1);stroke:var(--plot-1)}.tone-2{fill:var(--plot-2);stroke:var(--plot-2)}\
.tone-3{fill:var(--plot-3);stroke:var(--plot-3)}.tone-4{fill:var(--plot-4);stroke:var(--plot-4)}\
.tone-good{fill:var(--plot-good);stroke:var(--plot-good)}.tone-bad{fill:var(--plot-bad);stroke:var(--plot-bad)}\
.tone-muted{fill:var(--plot-muted);stroke:var(--plot-muted)}\n\
.plot rect{stroke:none}.plot .line{stroke-width:2;fill:none}\n\
.plot-legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:.25rem 0;padding:0;font-size:.85rem}\n\
.plot-legend svg{width:.8rem;height:.8rem;margin-right:.35rem;vertical-align:-.05rem}\n";
