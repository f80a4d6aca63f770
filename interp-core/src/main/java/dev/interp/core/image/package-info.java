/**
 * Pictures: reading and writing files, resampling, and the way from a picture to the input of a
 * network and back.
 *
 * <p>One convention of sizes holds in the package: a picture is given as width, height (as image
 * files do), an array as height, width (the order of its axes, row by row).
 */
@NullMarked
package dev.interp.core.image;

import org.jspecify.annotations.NullMarked;
