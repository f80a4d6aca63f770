/** Methods that share an output out among the inputs, op by op. */
@NullMarked
package dev.interp.visual.relevance;

import org.jspecify.annotations.NullMarked;
