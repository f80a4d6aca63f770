/** The demo model: a small network for rendered birds, how it is trained and how it is loaded. */
@NullMarked
package dev.interp.bench.demo;

import org.jspecify.annotations.NullMarked;
