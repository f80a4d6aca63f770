/** Experiments of papers, done again: each prints its numbers beside the paper's. */
@NullMarked
package dev.interp.bench.paper;

import org.jspecify.annotations.NullMarked;
