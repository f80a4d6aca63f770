/** Attribution by changing the input and looking at the output. */
@NullMarked
package dev.interp.visual.perturbation;

import org.jspecify.annotations.NullMarked;
