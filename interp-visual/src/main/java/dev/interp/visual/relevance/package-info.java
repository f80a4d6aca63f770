/** Layer-wise relevance propagation and its relatives. */
@NullMarked
package dev.interp.visual.relevance;

import org.jspecify.annotations.NullMarked;
