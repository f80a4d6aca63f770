/** What every implementation of an extension point must do, as suites to extend. */
@NullMarked
package dev.interp.core.testkit;

import org.jspecify.annotations.NullMarked;
