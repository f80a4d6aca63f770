/**
 * What the units of a network see: where they are strongest, what of a picture drives them, how
 * large the region is that does, and a page that shows it for all filters.
 */
@NullMarked
package dev.interp.visual.gallery;

import org.jspecify.annotations.NullMarked;
