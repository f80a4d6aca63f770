/** Tests of metrics. */
@NullMarked
package dev.interp.core.metric;

import org.jspecify.annotations.NullMarked;
