/**
 * What every explanation method takes and gives: attributors, attributions, baselines, progress.
 */
@NullMarked
package dev.interp.core.attribution;

import org.jspecify.annotations.NullMarked;
