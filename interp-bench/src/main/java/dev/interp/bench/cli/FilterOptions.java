package dev.interp.bench.cli;

import dev.interp.bench.demo.DemoModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The model whose filters are looked at, and how it takes pictures. */
final class FilterOptions {
  @Mixin private ModelOption model = new ModelOption();

  @Option(
      names = "--preprocess",
      paramLabel = "F.json",
      description = "Resize, channels, divisor, mean and scale of the model's pictures; no crop.")
  private @Nullable Path preprocess;

  /** What the model's classes are called; empty if that is not known. */
  List<String> classNames() {
    DemoModel demo = model.demo();
    return demo == null ? List.of() : demo.labels();
  }

  /** Opens the model and a data set, see {@link FilterSubject#of}. */
  FilterSubject subject(String data, int images, int birds, long seed) throws IOException {
    return FilterSubject.of(model, preprocess, data, images, birds, seed);
  }
}
