package dev.interp.bench.cli;

import dev.interp.core.attribution.Progress;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Where results go, and what is told meanwhile. */
final class ResultOptions {
  private static final int STEPS = 20;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for results.")
  Path out = Path.of("out");

  @Option(names = "--quiet", description = "No progress.")
  boolean quiet;

  /** Tells of every twentieth of the work, and what time the rest takes if it goes on so. */
  Progress progress(PrintWriter err, String what) {
    long[] told = {-1};
    long start = System.nanoTime();
    return (done, total) -> {
      long step = done * STEPS / Math.max(1, total);
      if (!quiet && step != told[0]) {
        told[0] = step;
        long left = (long) ((System.nanoTime() - start) / 1e9 * (total - done) / Math.max(1, done));
        String rest =
            left == 0 ? "" : String.format(Locale.ROOT, ", %d:%02d left", left / 60, left % 60);
        err.printf(Locale.ROOT, "%s: %d of %d%s%n", what, done, total, rest);
        err.flush();
      }
      return true;
    };
  }

  /** Says where a file of the results lies. */
  void tell(PrintWriter lines, String what, String file) {
    lines.println(what + " " + out.resolve(file).toAbsolutePath().normalize());
    lines.flush();
  }
}
