/** Interpretable-CNN loss layers and other nets that are interpretable by design. */
@NullMarked
package dev.interp.training;

import org.jspecify.annotations.NullMarked;
