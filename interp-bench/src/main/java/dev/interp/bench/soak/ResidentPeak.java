package dev.interp.bench.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How far the resident memory of this process rises above what it was while something runs. Linux
 * only: the peak is {@code VmHWM} of {@code /proc/self/status}. Memory that the C library has kept
 * from earlier work hides what is used of it; with {@code MALLOC_MMAP_THRESHOLD_=65536} in the
 * environment it gives large arrays back.
 */
public final class ResidentPeak {
  private static final double KIB_PER_MIB = 1024;

  private ResidentPeak() {}

  /**
   * Measures.
   *
   * @param work what runs
   * @return in MiB
   * @throws IOException if this is not Linux
   * @throws InterruptedException if the thread is interrupted while memory settles
   */
  public static double mebibytes(Runnable work) throws IOException, InterruptedException {
    settle();
    // Sets the peak to what is resident now.
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    long before = kibibytes("VmRSS:");
    work.run();
    double peak = (kibibytes("VmHWM:") - before) / KIB_PER_MIB;
    settle();
    return peak;
  }

  /** Frees the native arrays whose Java objects are gone, until nothing more comes back. */
  private static void settle() throws IOException, InterruptedException {
    long before = Long.MAX_VALUE;
    long now = kibibytes("VmRSS:");
    for (int i = 0; i < 3 || now < before - 1024; i++) {
      before = now;
      System.gc();
      Thread.sleep(500);
      now = kibibytes("VmRSS:");
    }
  }

  static long kibibytes(String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException(
        "/proc/self/status has no line " + field + "; resident memory cannot be told");
  }
}
