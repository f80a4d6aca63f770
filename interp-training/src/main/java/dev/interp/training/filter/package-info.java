/**
 * Filters that each stand for one part of one category, learned without part labels: the layers,
 * losses and tools of the interpretable CNN of Zhang, Wu and Zhu (CVPR 2018).
 *
 * <p>Two lines in a DeepLearning4J configuration do: an {@link
 * dev.interp.training.filter.InterpretableConvolution} in the place of a convolution (or an {@link
 * dev.interp.training.filter.InterpretableMask} behind one), and {@link
 * dev.interp.training.filter.FilterLabels} among the listeners of the net.
 */
@NullMarked
package dev.interp.training.filter;

import org.jspecify.annotations.NullMarked;
