/** Lowering of DeepLearning4J nets into networks. No other package here knows DeepLearning4J. */
@NullMarked
package dev.interp.core.dl4j;

import org.jspecify.annotations.NullMarked;
