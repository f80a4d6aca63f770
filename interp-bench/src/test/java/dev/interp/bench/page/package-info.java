@NullMarked
package dev.interp.bench.page;

import org.jspecify.annotations.NullMarked;
