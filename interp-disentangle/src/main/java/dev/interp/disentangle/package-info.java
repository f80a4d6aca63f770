/** Dissection, explanatory graphs and decision trees from the filters of pretrained nets. */
@NullMarked
package dev.interp.disentangle;

import org.jspecify.annotations.NullMarked;
