/** Small changes of an input that change what a network says. */
@NullMarked
package dev.interp.visual.adversarial;

import org.jspecify.annotations.NullMarked;
