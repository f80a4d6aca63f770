package dev.interp.bench.cli;

import dev.interp.bench.demo.DemoTraining;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains the embedded bird model again. */
@Command(
    name = "train-demo",
    mixinStandardHelpOptions = true,
    description = "Trains the embedded bird model on rendered birds and measures it on fresh ones.")
final class TrainDemo implements Callable<Integer> {
  private static final int STEPS = 50;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder for the model and its facts.")
  private Path out = Path.of("out");

  @Option(names = "--seed", paramLabel = "N", description = "Seed of birds and weights.")
  private long seed;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over fresh birds.")
  private int epochs;

  @Option(names = "--images", paramLabel = "N", description = "Birds per epoch.")
  private int images;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() throws IOException {
    DemoTraining training = DemoTraining.withDefaults().withSeed(seed);
    training = epochs == 0 ? training : training.withEpochs(epochs);
    training = images == 0 ? training : training.withImages(images);
    PrintWriter err = spec.commandLine().getErr();
    DemoTraining.Outcome outcome =
        training.train(
            out,
            (done, total, loss) -> {
              if (!quiet && done * STEPS / total != (done - 1) * STEPS / total) {
                err.printf(Locale.ROOT, "%d of %d birds, loss %.4f%n", done, total, loss);
                err.flush();
              }
              return true;
            });
    PrintWriter lines = spec.commandLine().getOut();
    lines.printf(
        Locale.ROOT,
        "%.2f %% of %d fresh birds; model %s%n",
        100 * outcome.accuracy(),
        outcome.freshBirds(),
        outcome.model());
    lines.flush();
    return 0;
  }
}
