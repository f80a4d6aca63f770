/** The network as an immutable graph of ops, and the runs over it. */
@NullMarked
package dev.interp.core.network;

import org.jspecify.annotations.NullMarked;
