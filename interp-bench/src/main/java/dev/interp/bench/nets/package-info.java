/** The networks that speed is measured on, with random weights. */
@NullMarked
package dev.interp.bench.nets;

import org.jspecify.annotations.NullMarked;
