/** Real nets and photos against numbers that captum, pytorch-grad-cam and PIL computed. */
@NullMarked
package dev.interp.bench.conformance;

import org.jspecify.annotations.NullMarked;
