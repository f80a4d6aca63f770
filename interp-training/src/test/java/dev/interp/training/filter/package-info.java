/** Tests of the filter losses and layers. */
@NullMarked
package dev.interp.training.filter;

import org.jspecify.annotations.NullMarked;
