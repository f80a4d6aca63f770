/**
 * How good an explanation is: metrics with one score per picture, and what sums the scores up.
 *
 * <p>Faithfulness metrics share one engine ({@code Probe}) that evaluates changed copies of
 * pictures in batches; they differ in the order of removal, in what is removed at a time, in what
 * takes its place and in what is made of the outputs.
 */
@NullMarked
package dev.interp.core.metric;

import org.jspecify.annotations.NullMarked;
