package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.quality.DotPlot;
import dev.interp.core.data.PartDataset;
import dev.interp.core.image.Image;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.visual.invert.Decoder;
import dev.interp.visual.invert.DecoderTraining;
import dev.interp.visual.optimize.Inversion;
import dev.interp.visual.render.Grid;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Picture;
import dev.interp.visual.report.Report;
import dev.interp.visual.report.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Teaches a decoder per layer and shows what it makes of pictures that it never saw, beside what
 * inversion by descent finds.
 */
final class LearnedInversion {
  private static final int SHARE = 5;
  private static final int MOST_HELD_OUT = 100;
  private static final int SHOWN = 4;

  private final FilterSubject subject;
  private final DecoderOptions options;
  private final Inversion inversion;
  private final long seed;
  private final ResultOptions output;
  private final PrintWriter err;

  LearnedInversion(
      FilterSubject subject,
      DecoderOptions options,
      Inversion inversion,
      long seed,
      ResultOptions output,
      PrintWriter err) {
    this.subject = subject;
    this.options = options;
    this.inversion = inversion;
    this.seed = seed;
    this.output = output;
    this.err = err;
  }

  /** What came of a layer: a picture per shown one, of either kind. */
  private record Row(Decoder.Score score, List<Image> drawn, List<Image> found, double foundError) {
    String text(double value) {
      return String.format(Locale.ROOT, "%.3f", value);
    }

    String percent() {
      return String.format(Locale.ROOT, "%.0f %%", 100 * score.recognised());
    }

    DotPlot.Line line() {
      return new DotPlot.Line(score.layer(), score.error(), score.error(), score.error(), false);
    }

    List<String> cells() {
      return List.of(
          score.layer(),
          text(score.error()),
          text(score.meanError()),
          percent(),
          text(score.featureError()),
          text(foundError));
    }
  }

  /** Writes the results of layers. */
  void write(OutputFolder folder, List<String> layers, PrintWriter lines) throws IOException {
    Network network = subject.network();
    Preprocessor preprocessor = subject.pictures().preprocessor();
    DecoderTraining training =
        DecoderTraining.withDefaults().withEpochs(options.epochs).withSeed(seed);
    List<String> unreadable = new ArrayList<>();
    PartDataset all =
        subject
            .pictures()
            .data()
            .readable(e -> unreadable.add(String.valueOf(e.getMessage())))
            .shuffled(seed);
    if (all.size() < 4) {
      throw new IOException(
          options.data
              + ": decoders need at least 4 pictures, two to learn on and two held out, but "
              + all.size()
              + " can be read");
    }
    int heldOut = Math.max(2, Math.min(MOST_HELD_OUT, all.size() / SHARE));
    PartDataset learned = all.slice(0, all.size() - heldOut);
    PartDataset unseen = all.slice(all.size() - heldOut, all.size());
    List<Image> shown = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN, heldOut); i++) {
      shown.add(Image.of(unseen.get(i).image().toBufferedImage()));
    }
    long start = System.nanoTime();
    List<List<Inversion.Inverted>> found = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      String what = "inversion of picture " + (i + 1) + " of " + shown.size() + ", steps";
      found.add(
          inversion
              .withProgress(output.progress(err, what))
              .run(network, preprocessor, shown.get(i), layers));
    }
    List<Row> rows = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      String what = "decoder of " + layers.get(l) + " (" + (l + 1) + " of " + layers.size() + ")";
      Decoder decoder =
          training
              .withProgress(output.progress(err, what + ", steps"))
              .train(network, preprocessor, layers.get(l), learned);
      int own = l;
      rows.add(
          new Row(
              decoder.score(unseen),
              decoder.redraw(shown),
              found.stream().map(one -> one.get(own).picture()).toList(),
              found.stream().mapToDouble(one -> one.get(own).error()).average().orElseThrow()));
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("model", subject.modelName());
    json.put("fingerprint", network.fingerprint());
    json.put("data", subject.dataName());
    json.put("learned_on", learned.size());
    json.put("held_out", heldOut);
    unreadable.forEach(json.putArray("unreadable")::add);
    json.put("epochs", options.epochs);
    json.put("seed", seed);
    json.put("seconds", seconds);
    ArrayNode entries = json.putArray("layers");
    List<Image> given =
        shown.stream().map(p -> preprocessor.unapply(preprocessor.apply(p), 0)).toList();
    List<Card> cards = new ArrayList<>();
    for (Row row : rows) {
      Decoder.Score score = row.score();
      String file = score.layer().replaceAll("[^A-Za-z0-9_.-]", "-") + ".png";
      entries
          .addObject()
          .put("layer", score.layer())
          .put("error", score.error())
          .put("error_of_mean_picture", score.meanError())
          .put("recognised", score.recognised())
          .put("feature_error", score.featureError())
          .put("feature_error_of_inversion", row.foundError())
          .put("file", file);
      Picture picture = picture(row, given);
      ImageIo.writePng(Image.of(picture.image()), folder.file(file));
      cards.add(Card.of("What " + score.layer() + " tells", "").withPictures(List.of(picture)));
      lines.printf(
          Locale.ROOT,
          "%s: error %.3f, mean picture %.3f; recognised %s%n",
          score.layer(),
          score.error(),
          score.meanError(),
          row.percent());
    }
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(folder.file("result.json").toFile(), json);
    cards.add(0, errors(rows, unreadable));
    List<Fact> facts = new ArrayList<>(subject.facts().subList(0, 2));
    facts.add(new Fact("Pictures learned on", Integer.toString(learned.size())));
    facts.add(new Fact("Held out", Integer.toString(heldOut)));
    facts.add(new Fact("Epochs", Integer.toString(options.epochs)));
    new Report(
            "What layers tell of pictures",
            "Pictures drawn from what a layer keeps, by nets that learned it on other pictures.",
            facts,
            new Picture(shown.get(0).toBufferedImage(), "", "One of the held-out pictures"),
            List.of(),
            cards,
            subject.provenance(seed))
        .write(folder.file("report.html"));
  }

  private Card errors(List<Row> rows, List<String> unreadable) {
    List<DotPlot.Line> plot = new ArrayList<>(rows.stream().map(Row::line).toList());
    double usual = rows.get(0).score().meanError();
    plot.add(new DotPlot.Line("the mean picture", usual, usual, usual, true));
    List<String> notes = new ArrayList<>(subject.notes());
    if (!unreadable.isEmpty()) {
      notes.add("Not read: " + String.join("; ", unreadable));
    }
    return Card.of(
            "Error by layer",
            "The error is the mean distance of the drawn pictures from the given ones, divided by"
                + " that of two of the given ones. Recognised are drawn pictures that the network"
                + " takes for the same class as the given ones. The features differ by the squared"
                + " distance of the layer's answers, divided by the square of those to the given"
                + " pictures.")
        .withSource(
            "Dosovitskiy, Brox: Inverting visual representations with convolutional networks,"
                + " CVPR 2016")
        .withPictures(
            List.of(
                new Picture(
                    DotPlot.of(plot, "error, lower is better"),
                    "",
                    "The errors of the table as dots on a line")))
        .withTables(
            List.of(
                new Table(
                    "Held-out pictures",
                    List.of(
                        "Layer",
                        "Error",
                        "Mean picture",
                        "Recognised",
                        "Features, decoder",
                        "Features, descent"),
                    rows.stream().map(Row::cells).toList())))
        .withNotes(notes);
  }

  /** Three rows: given pictures, drawn ones, and those found by descent. */
  private static Picture picture(Row row, List<Image> given) {
    Grid grid = Grid.ofColumns(given.size());
    for (Image image : given) {
      grid = grid.withPicture(image.toBufferedImage(), "given");
    }
    for (Image image : row.drawn()) {
      grid = grid.withPicture(image.toBufferedImage(), "decoder");
    }
    for (Image image : row.found()) {
      grid = grid.withPicture(image.toBufferedImage(), "descent");
    }
    return new Picture(
        grid.picture(),
        row.score().layer() + ", error " + row.text(row.score().error()),
        "Held-out pictures, what a decoder draws from "
            + row.score().layer()
            + ", and what descent finds");
  }
}
