package dev.interp.bench.cli;

import dev.interp.bench.demo.DemoModel;
import dev.interp.core.network.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The model that a command looks at. */
final class ModelOption {
  @Option(
      names = "--model",
      paramLabel = "F",
      description = "DL4J .zip or Keras .h5; the embedded bird model if not given.")
  @Nullable Path file;

  private @Nullable DemoModel demo;

  /** The embedded model; null if another one was given. */
  @Nullable DemoModel demo() {
    if (file == null && demo == null) {
      demo = DemoModel.load();
    }
    return demo;
  }

  Network network() throws IOException {
    Path given = file;
    return given == null ? Objects.requireNonNull(demo()).network() : ModelFile.read(given);
  }

  /** What the model is called in results. */
  String name() {
    Path given = file;
    return given == null ? "embedded bird model" : String.valueOf(given.getFileName());
  }
}
