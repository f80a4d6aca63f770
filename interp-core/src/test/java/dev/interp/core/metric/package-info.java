/** Metrics against hand-solved numbers, and against what every metric must do. */
@NullMarked
package dev.interp.core.metric;

import org.jspecify.annotations.NullMarked;
