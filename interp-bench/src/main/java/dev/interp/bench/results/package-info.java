/** What result files have in common: where they come from, and how they reach disk and README. */
@NullMarked
package dev.interp.bench.results;

import org.jspecify.annotations.NullMarked;
