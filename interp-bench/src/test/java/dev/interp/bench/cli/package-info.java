/** Tests of the command line. */
@NullMarked
package dev.interp.bench.cli;

import org.jspecify.annotations.NullMarked;
