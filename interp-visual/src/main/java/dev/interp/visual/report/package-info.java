/** A result as one self-contained HTML page: pictures and styles inside, no request to anywhere. */
@NullMarked
package dev.interp.visual.report;

import org.jspecify.annotations.NullMarked;
