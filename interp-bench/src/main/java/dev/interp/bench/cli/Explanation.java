package dev.interp.bench.cli;

import dev.interp.core.attribution.Attribution;
import dev.interp.visual.Method;
import dev.interp.visual.render.ChannelReduction;
import dev.interp.visual.render.Grid;
import dev.interp.visual.render.Heatmap;
import dev.interp.visual.render.Interpolation;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Legend;
import dev.interp.visual.report.Picture;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One method's result, drawn.
 *
 * @param method the method
 * @param attribution what it found
 * @param seconds how long it took
 * @param subject what was explained
 */
record Explanation(Method method, Attribution attribution, double seconds, Subject subject) {
  private static final int SHOWN = 4;
  private static final double OPACITY = 0.75;
  private static final double PERCENTILE = 99.5;
  private static final int LEGEND_HEIGHT = 48;

  /** The picture file: input, overlay and map side by side, a row per example. */
  BufferedImage picture() {
    Grid grid = Grid.ofColumns(3).withTitle(method.title());
    for (int i = 0; i < shown(); i++) {
      BufferedImage input = subject.pictures().get(i);
      Heatmap map = map(i);
      String of = " for " + label(i);
      grid =
          grid.withPicture(input, "input")
              .withPicture(map.overlay(input, OPACITY), "overlay" + of)
              .withPicture(alone(map, input), "map, " + unit());
    }
    Heatmap first = map(0);
    int width = Math.max(260, subject.pictures().get(0).getWidth());
    return grid.withPicture(first.legend(width, LEGEND_HEIGHT, unit()), "scale of the first row")
        .picture();
  }

  /** The card of the report. */
  Card card() {
    List<Picture> pictures = new ArrayList<>();
    List<Legend> legends = new ArrayList<>();
    for (int i = 0; i < shown(); i++) {
      BufferedImage input = subject.pictures().get(i);
      Heatmap map = map(i);
      String name = label(i);
      String where = shown() > 1 ? " " + (i + 1) : "";
      pictures.add(
          new Picture(
              map.overlay(input, OPACITY),
              "Over the picture" + where,
              method.title() + " for " + name + " drawn over the picture"));
      pictures.add(
          new Picture(alone(map, input), "Map alone" + where, method.title() + " map for " + name));
      legends.add(Legend.of(map, unit()));
    }
    List<String> warnings = new ArrayList<>();
    if (!method.caution().isEmpty()) {
      warnings.add(method.caution());
    }
    if (isConstant()) {
      warnings.add("The map is the same everywhere: the target does not react to this input.");
    }
    List<String> notes = new ArrayList<>();
    if (shown() < subject.pictures().size()) {
      notes.add("The first " + shown() + " of " + subject.pictures().size() + " examples.");
    }
    return Card.of(method.title(), method.description())
        .withSource(method.paper())
        .withBadges(List.of(method.cost()))
        .withPictures(pictures)
        .withLegends(legends)
        .withFacts(facts())
        .withSettings(
            attribution.provenance().settings().entrySet().stream()
                .map(e -> new Fact(e.getKey(), e.getValue()))
                .toList())
        .withNotes(notes)
        .withWarnings(warnings);
  }

  /** What is explained of an example: a class by its label, or a neuron or channel. */
  String label(int example) {
    int index = attribution.classes().get(example);
    return index < 0 ? attribution.provenance().target() : subject.label(index);
  }

  private String kind() {
    String target = attribution.provenance().target();
    if (attribution.classes().get(0) < 0) {
      return "";
    }
    return target.startsWith("probability")
        ? "probability "
        : target.contains(" against ")
            ? "logit above " + target.replaceFirst(".* against ", "") + " by "
            : "logit ";
  }

  /** The entry of result.json. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("array", method.id() + ".npy");
    json.put("picture", method.id() + ".png");
    json.put("shape", attribution.values().shape());
    json.put("tensor", attribution.tensor());
    json.put("settings", attribution.provenance().settings());
    json.put("seconds", seconds);
    json.put("forwards", attribution.provenance().forwards());
    json.put("backwards", attribution.provenance().backwards());
    if (!attribution.completenessGaps().isEmpty()) {
      json.put(
          "completeness_gap",
          attribution.completenessGaps().size() == 1
              ? attribution.completenessGaps().get(0)
              : attribution.completenessGaps());
    }
    return json;
  }

  private List<Fact> facts() {
    List<Fact> facts = new ArrayList<>();
    facts.add(
        new Fact("explains", label(0) + ", " + kind() + number(attribution.outputs().get(0))));
    facts.add(new Fact("on", attribution.tensor() + " " + shape()));
    if (!attribution.completenessGaps().isEmpty()) {
      facts.add(new Fact("completeness gap", number(attribution.completenessGaps().get(0))));
    }
    facts.add(new Fact("time", String.format(Locale.ROOT, "%.2f s", seconds)));
    facts.add(
        new Fact(
            "passes",
            number(attribution.provenance().forwards())
                + " forward, "
                + number(attribution.provenance().backwards())
                + " backward"));
    return facts;
  }

  private String shape() {
    return java.util.Arrays.toString(attribution.values().shape());
  }

  private int shown() {
    return Math.min(SHOWN, subject.pictures().size());
  }

  private boolean isConstant() {
    INDArray first = attribution.values().slice(0);
    return first.maxNumber().doubleValue() == first.minNumber().doubleValue();
  }

  private Heatmap map(int example) {
    INDArray values = attribution.values();
    int channels = (int) values.size(1);
    int height = (int) values.size(2);
    int width = (int) values.size(3);
    float[] raw = values.slice(example).castTo(DataType.FLOAT).dup('c').data().asFloat();
    float[] flat = reduction().reduce(raw, channels, height, width);
    BufferedImage picture = subject.pictures().get(example);
    float[] spread = subject.overPicture(flat, height, width, example);
    Heatmap map =
        method.unsigned()
            ? Heatmap.unsigned(spread, picture.getHeight(), picture.getWidth())
            : Heatmap.signed(spread, picture.getHeight(), picture.getWidth());
    // Single pixels of gradients stand out so far that on the full scale nothing else is seen.
    return channels > 1 ? map.withPercentile(PERCENTILE) : map;
  }

  private ChannelReduction reduction() {
    return method.unsigned() ? ChannelReduction.MAX_ABSOLUTE : ChannelReduction.SUM;
  }

  private String unit() {
    if (attribution.values().size(1) == 1) {
      return "per place";
    }
    return method.unsigned() ? "largest channel" : "sum of channels";
  }

  private static BufferedImage alone(Heatmap map, BufferedImage like) {
    return map.picture(like.getWidth(), like.getHeight(), Interpolation.BILINEAR);
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.4g", value);
  }
}
