package dev.interp.bench.cli;

import dev.interp.visual.Method;
import dev.interp.visual.MethodOption;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the attribution methods. */
@Command(
    name = "methods",
    mixinStandardHelpOptions = true,
    description = "Lists the attribution methods: paper, cost, what they return.")
final class Methods implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--verbose", description = "With the options of each method for --set.")
  private boolean verbose;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    for (Method method : Method.all()) {
      out.printf("%-22s %s%n", method.id(), method.description());
      out.printf("%-22s paper    %s%n", "", method.paper());
      out.printf("%-22s cost     %s%n", "", method.cost());
      out.printf("%-22s returns  %s%n", "", method.returns());
      if (!method.caution().isEmpty()) {
        out.printf("%-22s caution  %s%n", "", method.caution());
      }
      if (verbose) {
        for (MethodOption option : method.options()) {
          out.printf(
              "%-22s --set %s.%s=%s  %s%n",
              "", method.id(), option.name(), option.initial(), option.description());
        }
      }
    }
    out.flush();
  }
}
