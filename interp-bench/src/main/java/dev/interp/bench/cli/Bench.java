package dev.interp.bench.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.bench.jmh.SpeedSuite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a suite of benchmarks. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures speed, or the quality of all methods on the embedded model.")
final class Bench implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--suite",
      paramLabel = "speed|quality",
      required = true,
      description = "speed: networks and methods against the clock; quality: evaluate on birds.")
  private String suite = "quality";

  @Option(
      names = "--grid",
      paramLabel = "F.json",
      description =
          "For quality: {\"methods\": [..], \"metrics\": [..], \"images\": N}, each optional."
              + " Default: all methods, ten metrics, 50 birds.")
  private @Nullable Path grid;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of results.")
  private Path out = Path.of("out");

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() throws Exception {
    return switch (suite) {
      case "speed" -> {
        if (grid != null) {
          throw new IllegalArgumentException("--grid belongs to --suite quality");
        }
        Files.createDirectories(out);
        yield parsed(new SpeedSuite(), List.of("--out", out.resolve("speed.json").toString()))
            .call();
      }
      case "quality" -> {
        List<String> arguments = new ArrayList<>(asked());
        arguments.addAll(List.of("--out", out.toString()));
        if (quiet) {
          arguments.add("--quiet");
        }
        yield parsed(new Evaluate(), arguments).call();
      }
      default ->
          throw new IllegalArgumentException("--suite must be speed or quality, was " + suite);
    };
  }

  /** A command with its options set, which fails as this one does. */
  private <C> C parsed(C command, List<String> arguments) {
    CommandLine line = new CommandLine(command);
    line.setOut(spec.commandLine().getOut());
    line.setErr(spec.commandLine().getErr());
    try {
      line.parseArgs(arguments.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return command;
  }

  private List<String> asked() throws IOException {
    Path file = grid;
    if (file == null) {
      return List.of();
    }
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(TextFile.read(file));
    } catch (JacksonException e) {
      throw new IOException(file + ": not JSON, " + e.getOriginalMessage(), e);
    }
    List<String> known = List.of("methods", "metrics", "images");
    List<String> arguments = new ArrayList<>();
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw new IllegalArgumentException(
                    file + ": the grid may have " + known + ", has '" + name + "'");
              }
            });
    for (String name : known) {
      JsonNode value = json.get(name);
      if (value != null) {
        List<String> texts = new ArrayList<>();
        if (value.isArray()) {
          value.forEach(v -> texts.add(v.asText()));
        } else {
          texts.add(value.asText());
        }
        arguments.add("--" + name);
        arguments.add(String.join(",", texts));
      }
    }
    return arguments;
  }
}
