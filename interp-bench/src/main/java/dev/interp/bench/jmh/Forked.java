package dev.interp.bench.jmh;

import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Benchmarks run by a suite, silently and each in a JVM of its own. */
final class Forked {
  private Forked() {}

  /** Options for the benchmarks whose names match. */
  static ChainedOptionsBuilder options(String pattern) {
    return new OptionsBuilder()
        .include(pattern)
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT);
  }

  /** As short as can be, to try a suite out. */
  static ChainedOptionsBuilder quick(ChainedOptionsBuilder options) {
    TimeValue moment = TimeValue.milliseconds(200);
    return options
        .warmupIterations(1)
        .warmupTime(moment)
        .measurementIterations(1)
        .measurementTime(moment);
  }

  /** The scores of all iterations. */
  static double[] samples(ChainedOptionsBuilder options) throws RunnerException {
    return new Runner(options.build())
        .run().stream()
            .flatMap(run -> run.getBenchmarkResults().stream())
            .flatMap(fork -> fork.getIterationResults().stream())
            .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
            .toArray();
  }
}
