/** Pictures that are optimised: for what a unit looks for, and for what a layer keeps. */
@NullMarked
package dev.interp.visual.optimize;

import org.jspecify.annotations.NullMarked;
