/**
 * Speed: JMH benchmarks of networks, hooks and Grad-CAM and of DeepLearning4J's own layers, {@link
 * dev.interp.bench.jmh.SpeedSuite} that runs them in turn with PyTorch, and {@link
 * dev.interp.bench.jmh.SpeedTable} that shows what it wrote.
 */
@NullMarked
package dev.interp.bench.jmh;

import org.jspecify.annotations.NullMarked;
