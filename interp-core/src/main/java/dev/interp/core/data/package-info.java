/**
 * Pictures whose parts are known: label, box, landmarks and masks, from a renderer of birds or from
 * files.
 *
 * <p>Whether an explanation is right can only be judged where the truth about the picture is known.
 * {@link dev.interp.core.data.Birds} renders pictures of which every pixel has a known owner.
 */
@NullMarked
package dev.interp.core.data;

import org.jspecify.annotations.NullMarked;
