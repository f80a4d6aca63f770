/**
 * Network dissection: which concept each filter of a layer detects, with accumulators that stream
 * over pictures, merge and serialise.
 */
@NullMarked
package dev.interp.disentangle.dissect;

import org.jspecify.annotations.NullMarked;
