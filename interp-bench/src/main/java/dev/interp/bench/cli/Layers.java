package dev.interp.bench.cli;

import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lists a network's tensors. */
@Command(
    name = "layers",
    mixinStandardHelpOptions = true,
    description = "Lists a network's tensors: name, op, output shape, receptive field, parameters.")
final class Layers implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ModelOption model = new ModelOption();

  @Override
  public Integer call() throws IOException {
    Network network = model.network();
    PrintWriter out = spec.commandLine().getOut();
    int width = network.layers().stream().mapToInt(l -> l.name().length()).max().orElse(0);
    String row = "%-" + Math.max(width, 6) + "s  %-24s  %-18s  %-34s  %s%n";
    out.printf(row, "tensor", "op", "shape", "receptive field", "parameters");
    long total = 0;
    for (LayerInfo layer : network.layers()) {
      out.printf(
          row,
          layer.name(),
          layer.kind(),
          layer.shape().toString().replaceAll("[\\[\\] ]", "").replace(",", "×"),
          field(layer.receptiveField()),
          layer.parameters() == 0 ? "" : String.format(Locale.ROOT, "%,d", layer.parameters()));
      total += layer.parameters();
    }
    out.printf(
        Locale.ROOT,
        "%,d parameters; input %s; class targets read '%s'%n",
        total,
        Arrays.toString(network.inputShape()).replace("-1", "any"),
        network.logits());
    out.flush();
    return 0;
  }

  private static String field(ReceptiveField field) {
    ReceptiveField.Axis h = field.height();
    ReceptiveField.Axis w = field.width();
    return h.equals(w)
        ? String.format(
            Locale.ROOT,
            "%s px, stride %s, from %s",
            text(h.size()),
            text(h.stride()),
            text(h.center()))
        : String.format(
            Locale.ROOT,
            "%s×%s px, stride %s×%s, from %s,%s",
            text(h.size()),
            text(w.size()),
            text(h.stride()),
            text(w.stride()),
            text(h.center()),
            text(w.center()));
  }

  private static String text(double number) {
    return number == Math.rint(number)
        ? Long.toString((long) number)
        : String.format(Locale.ROOT, "%.1f", number);
  }
}
