package dev.interp.bench.cli;

import dev.interp.core.metric.Metric;
import dev.interp.core.metric.MetricInfo;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lists the metrics. */
@Command(
    name = "metrics",
    mixinStandardHelpOptions = true,
    description = "Lists the metrics of evaluate: what each says, paper, direction, settings.")
final class Metrics implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    for (Metric metric : dev.interp.core.metric.Metrics.all()) {
      MetricInfo info = metric.info();
      out.printf("%-26s %s%n", info.id(), info.description());
      out.printf("%-26s paper     %s%n", "", info.paper());
      out.printf(
          "%-26s %s is better, %s to %s; %s%n",
          "",
          info.direction().name().toLowerCase(Locale.ROOT),
          info.low(),
          info.high(),
          info.family().name().toLowerCase(Locale.ROOT));
      out.printf("%-26s settings  %s%n", "", metric.settings());
    }
    out.flush();
  }
}
