/** Tests of the networks that speed is measured on. */
@NullMarked
package dev.interp.bench.nets;

import org.jspecify.annotations.NullMarked;
