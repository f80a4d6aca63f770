/**
 * Pages in a real browser: what they ask for, what they answer to keys, how soon they are there.
 */
@NullMarked
package dev.interp.bench.page;

import org.jspecify.annotations.NullMarked;
