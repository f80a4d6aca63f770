/** The catalogue of attribution methods. */
@NullMarked
package dev.interp.visual;

import org.jspecify.annotations.NullMarked;
