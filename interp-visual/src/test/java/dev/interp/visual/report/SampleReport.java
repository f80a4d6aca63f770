package dev.interp.visual.report;

import dev.interp.visual.render.Heatmap;
import dev.interp.visual.render.Interpolation;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Writes a page of made-up results over a photo, to be looked at in a browser. */
public final class SampleReport {
  private SampleReport() {}

  /**
   * Writes the page.
   *
   * @param args the photo and the HTML file to write
   * @throws IOException if either fails
   */
  public static void main(String[] args) throws IOException {
    BufferedImage photo = ImageIO.read(new File(args[0]));
    of(photo).write(Path.of(args[1]));
  }

  static Report of(BufferedImage photo) {
    List<Card> cards = new ArrayList<>();
    cards.add(
        card(
                "Integrated gradients",
                "Adds up the gradient along the straight line from a baseline to the picture. The"
                    + " parts add up to the difference the picture makes.",
                Heatmap.signed(signed(96, 144, 3), 96, 144).withPercentile(99.5),
                photo)
            .withSource("Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, 2017")
            .withBadges(List.of("gradient", "signed", "complete")));
    cards.add(
        card(
                "Grad-CAM",
                "Weights the channels of the last convolution by their mean gradient.",
                Heatmap.unsigned(bump(7, 10), 7, 10),
                photo)
            .withSource("Selvaraju et al.: Grad-CAM, 2017")
            .withBadges(List.of("class activation", "unsigned"))
            .withWarnings(
                List.of(
                    "The map has 7 × 10 cells: its outline is drawn by interpolation, not by the"
                        + " network."))
            .withNotes(
                List.of("Evidence against the target is cut off by the method's final ReLU.")));
    List<Picture> classes = new ArrayList<>();
    String[] names = {"Labrador retriever", "tabby cat", "golden retriever", "kuvasz"};
    for (int i = 0; i < names.length; i++) {
      Heatmap map = Heatmap.signed(signed(14, 20, 20 + i), 14, 20).withLimit(0.02);
      classes.add(
          new Picture(map.overlay(photo, 0.8), names[i], "Occlusion map of the class " + names[i]));
    }
    cards.add(
        Card.of("Occlusion by class", "What the score loses when a patch is covered.")
            .withPictures(classes)
            .withLegends(
                List.of(
                    Legend.of(
                        Heatmap.signed(signed(14, 20, 20), 14, 20).withLimit(0.02), "score lost")))
            .withFacts(List.of(new Fact("Time", "812 ms"), new Fact("Forward passes", "384")))
            .withSettings(List.of(new Fact("Patch", "32 × 32"), new Fact("Stride", "16"))));
    return new Report(
        "Why “Labrador retriever”?",
        "Three methods explain what the network saw in dog_cat.jpg",
        List.of(
            new Fact("Model", "ResNet-18 (ImageNet, 1000 classes)"),
            new Fact("Input", "3 × 224 × 224, RGB"),
            new Fact("Parameters", "11 689 512 in 62 ops"),
            new Fact("Fingerprint", "9f2c 41d0 77ab e3b5")),
        new Picture(photo, "dog_cat.jpg, 550 × 367 pixels", "A Labrador puppy and a kitten"),
        List.of(
            new Prediction(208, "Labrador retriever", 0.7312, 14.82),
            new Prediction(207, "golden retriever", 0.1644, 13.33),
            new Prediction(222, "kuvasz", 0.0413, 11.95),
            new Prediction(257, "Great Pyrenees", 0.0105, 10.58),
            new Prediction(281, "tabby, tabby cat", 0.0003, -7.02)),
        cards,
        List.of(
            new Fact("interp", "0.1.0"),
            new Fact("Seed", "42"),
            new Fact("ND4J", "1.0.0-M2.1"),
            new Fact("Precision", "float32")));
  }

  private static Card card(String title, String words, Heatmap map, BufferedImage photo) {
    return Card.of(title, words)
        .withPictures(
            List.of(
                new Picture(map.overlay(photo, 0.8), "Over the input", title + " over the photo"),
                new Picture(
                    map.picture(photo.getWidth(), photo.getHeight(), Interpolation.NEAREST),
                    "Map alone, " + map.height() + " × " + map.width(),
                    title + " alone")))
        .withLegends(List.of(Legend.of(map, "attribution to the logit")))
        .withFacts(
            List.of(
                new Fact("Target", "logit of Labrador retriever (#208)"),
                new Fact("Completeness gap", "0.0031 (0.02 %)"),
                new Fact("Time", "1.94 s"),
                new Fact("Forward / backward", "64 / 64")))
        .withSettings(
            List.of(
                new Fact("Steps", "64, midpoint rule"),
                new Fact("Baseline", "blur, sigma 5"),
                new Fact("Batch", "16"),
                new Fact("Seed", "42")));
  }

  private static float[] bump(int height, int width) {
    float[] values = new float[height * width];
    for (int i = 0; i < values.length; i++) {
      double y = (Math.floorDiv(i, width) + 0.5) / height - 0.4;
      double x = (i % width + 0.5) / width - 0.45;
      values[i] = (float) Math.exp(-14 * (x * x + y * y));
    }
    return values;
  }

  private static float[] signed(int height, int width, long seed) {
    Random random = new Random(seed);
    float[] values = new float[height * width];
    for (int i = 0; i < values.length; i++) {
      double y = (Math.floorDiv(i, width) + 0.5) / height;
      double x = (i % width + 0.5) / width;
      double dog = Math.exp(-30 * (sq(x - 0.43) + sq(y - 0.35)));
      double cat = Math.exp(-60 * (sq(x - 0.72) + sq(y - 0.55)));
      values[i] =
          (float)
              ((0.03 * dog - 0.02 * cat) * (0.3 + random.nextDouble())
                  + 0.002 * random.nextGaussian());
    }
    return values;
  }

  private static double sq(double v) {
    return v * v;
  }
}
