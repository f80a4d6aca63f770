package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.interp.bench.quality.Contestant;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.NotApplicableException;
import dev.interp.core.attribution.Progress;
import dev.interp.core.attribution.Provenance;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.Method;
import dev.interp.visual.MethodOptions;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Picture;
import dev.interp.visual.report.Prediction;
import dev.interp.visual.report.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Explains a picture. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description =
        "Explains what a network sees in a picture, by one or more attribution methods. Without"
            + " --model and --image it explains a bird to show how that looks.")
final class Explain implements Callable<Integer> {
  private static final int TOP = 5;
  private static final double ROUNDING = 1e-4;
  private static final long BETWEEN_LINES = 500_000_000;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ExplainOptions options = new ExplainOptions();

  @Override
  public Integer call() throws IOException {
    List<Method> methods =
        options.methods.stream()
            .map(String::strip)
            .flatMap(m -> m.equals("all") ? Method.all().stream() : Stream.of(Method.of(m)))
            .distinct()
            .toList();
    for (String key : options.set.keySet()) {
      if (methods.stream().noneMatch(m -> key.startsWith(m.id() + '.'))) {
        throw new IllegalArgumentException(
            "--set must name one of the methods that run, as METHOD.OPTION=VALUE, was '"
                + key
                + "'; the methods are "
                + methods.stream().map(Method::id).collect(Collectors.joining(", ")));
      }
    }
    Target target = TargetText.parse(options.target);
    Subject subject = Subject.of(options);
    Network network = subject.network();
    network.checkInput(subject.x());
    target.tensor(network);
    Baseline baseline = baseline(subject);
    Map<Method, Attributor> attributors = new LinkedHashMap<>();
    List<String> notes = new ArrayList<>(subject.notes());
    for (Method method : methods) {
      MethodOptions settings = methodOptions(subject, baseline, method);
      orLeftOut(method, notes, () -> attributors.put(method, method.with(settings)));
    }
    notes.addAll(outside(subject, baseline));
    if (options.layer != null) {
      Stream.of(options.layer.strip().split("\\s*,\\s*")).forEach(network::layer);
    }
    try (OutputFolder folder = OutputFolder.open(options.output.out)) {
      INDArray logits = network.logits(subject.x());
      List<List<Prediction>> predictions = predictions(subject, logits);
      List<Explanation> explanations = new ArrayList<>();
      attributors.forEach(
          (method, attributor) ->
              orLeftOut(
                  method,
                  notes,
                  () -> explanations.add(explain(method, attributor, subject, target))));
      if (explanations.isEmpty()) {
        throw new IllegalArgumentException("no method fits: " + String.join("; ", notes));
      }
      for (Explanation explanation : explanations) {
        String id = explanation.method().id();
        NpyFile.write(explanation.attribution().values(), folder.file(id + ".npy"));
        ImageIo.writePng(explanation.picture(), folder.file(id + ".png"));
      }
      NpyFile.write(logits, folder.file("logits.npy"));
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(
              folder.file("result.json").toFile(),
              json(subject, logits, predictions, explanations, notes));
      report(subject, predictions, explanations, notes).write(folder.file("report.html"));
      folder.commit();
    }
    PrintWriter out = spec.commandLine().getOut();
    options.output.tell(out, "Open", "report.html");
    return 0;
  }

  private Explanation explain(
      Method method, Attributor attributor, Subject subject, Target target) {
    long start = System.nanoTime();
    Attribution attribution = attributor.attribute(subject.network(), subject.x(), target);
    double seconds = (System.nanoTime() - start) / 1e9;
    Provenance how = attribution.provenance();
    String passes =
        options.verbose
            ? String.format(
                Locale.ROOT,
                ", %.4g forward and %.4g backward passes on %s in %s",
                how.forwards(),
                how.backwards(),
                how.engine(),
                how.precision())
            : "";
    tell(String.format(Locale.ROOT, "%s  %.2f s%s", method.id(), seconds, passes));
    return new Explanation(method, attribution, seconds, subject);
  }

  /** Whoever asks for all methods gets those that fit; one asked for by name must fit. */
  private void orLeftOut(Method method, List<String> notes, Runnable step) {
    boolean named = options.methods.stream().map(String::strip).anyMatch(method.id()::equals);
    try {
      step.run();
    } catch (NotApplicableException e) {
      if (named) {
        throw e;
      }
      notes.add(method.id() + " was left out: " + e.getMessage());
      tell(notes.get(notes.size() - 1));
    }
  }

  private MethodOptions methodOptions(Subject subject, Baseline baseline, Method method)
      throws IOException {
    Path noise = options.noise;
    MethodOptions shared =
        new MethodOptions(
            options.layer,
            options.steps,
            noise == null ? null : NpyFile.read(noise),
            options.window,
            options.stride,
            baseline,
            options.seed,
            options.batch,
            progress(method));
    return shared.withValues(
        subject
            .preprocessor()
            .map(p -> Contestant.withBounds(method, p, options.set))
            .orElse(options.set));
  }

  private Baseline baseline(Subject subject) throws IOException {
    String name = options.baseline;
    if (name == null) {
      return subject
          .preprocessor()
          .map(p -> Baseline.array(p.constant(0)))
          .orElseGet(Baseline::zero);
    }
    return switch (name) {
      case "zero" -> Baseline.zero();
      case "black" -> Baseline.array(known(subject, name).constant(0));
      case "mean" -> Baseline.array(meanColour(subject));
      default -> {
        Path file = Path.of(name);
        if (!name.endsWith(".npy") && !Files.exists(file)) {
          throw new IllegalArgumentException(
              "--baseline must be zero, black, mean or a .npy file, was '" + name + "'");
        }
        INDArray array = NpyFile.read(file);
        yield Baseline.array(
            array.rank() == 3
                ? array.reshape(1, array.size(0), array.size(1), array.size(2))
                : array);
      }
    };
  }

  /** A warning about a baseline that no picture can have, told at once; none if it is fine. */
  private List<String> outside(Subject subject, Baseline baseline) {
    Optional<Preprocessor> how = subject.preprocessor();
    if (how.isEmpty()) {
      return List.of();
    }
    INDArray black = how.get().constant(0);
    INDArray white = how.get().constant(255);
    INDArray values =
        baseline instanceof Baseline.Given given ? given.array() : baseline.of(subject.x());
    if (values.rank() != 4 || values.size(1) != black.size(1)) {
      return List.of();
    }
    for (int c = 0; c < black.size(1); c++) {
      double low = Math.min(black.getDouble(0, c, 0, 0), white.getDouble(0, c, 0, 0));
      double high = Math.max(black.getDouble(0, c, 0, 0), white.getDouble(0, c, 0, 0));
      INDArray channel = values.get(NDArrayIndex.all(), NDArrayIndex.interval(c, c + 1));
      double least = channel.minNumber().doubleValue();
      double most = channel.maxNumber().doubleValue();
      double slack = ROUNDING * (high - low);
      if (least < low - slack || most > high + slack) {
        String note =
            String.format(
                Locale.ROOT,
                "The baseline has values from %.4g to %.4g in channel %d, but pictures lie from"
                    + " %.4g to %.4g there (is the baseline not preprocessed?).",
                least,
                most,
                c,
                low,
                high);
        PrintWriter err = spec.commandLine().getErr();
        err.println("interp: " + note);
        err.flush();
        return List.of(note);
      }
    }
    return List.of();
  }

  /** The mean colour of each picture, which is the mean of its input values. */
  private static INDArray meanColour(Subject subject) {
    known(subject, "mean");
    return subject.x().mean(true, 2, 3);
  }

  private static Preprocessor known(Subject subject, String name) {
    return subject
        .preprocessor()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--baseline "
                        + name
                        + " is a pixel value: give --preprocess, which says what the network makes"
                        + " of pixels"));
  }

  /** One line that is written over, at most twice a second. */
  private Progress progress(Method method) {
    if (options.output.quiet) {
      return Progress.none();
    }
    PrintWriter err = spec.commandLine().getErr();
    AtomicLong next = new AtomicLong(System.nanoTime() + BETWEEN_LINES);
    return (done, total) -> {
      if (System.nanoTime() > next.get()) {
        next.set(System.nanoTime() + BETWEEN_LINES);
        err.printf("%s %d of %d\r", method.id(), done, total);
        err.flush();
      }
      return true;
    };
  }

  private void tell(String line) {
    if (!options.output.quiet) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(line);
      err.flush();
    }
  }

  private static List<List<Prediction>> predictions(Subject subject, INDArray logits) {
    INDArray probabilities = null;
    try {
      probabilities = subject.network().probabilities(logits);
    } catch (IllegalArgumentException e) {
      // A network without a softmax or sigmoid has logits only.
    }
    List<List<Prediction>> all = new ArrayList<>();
    for (int i = 0; i < logits.size(0); i++) {
      double[] row = logits.getRow(i).toDoubleVector();
      List<Prediction> top = new ArrayList<>();
      List<Integer> order =
          IntStream.range(0, row.length)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer c) -> -row[c]))
              .limit(TOP)
              .toList();
      for (int c : order) {
        double p = probabilities == null ? Double.NaN : probabilities.getDouble(i, c);
        top.add(new Prediction(c, subject.label(c), p, row[c]));
      }
      all.add(List.copyOf(top));
    }
    return all;
  }

  private Map<String, Object> json(
      Subject subject,
      INDArray logits,
      List<List<Prediction>> predictions,
      List<Explanation> explanations,
      List<String> notes) {
    Map<String, Object> json = new LinkedHashMap<>();
    Network network = subject.network();
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("name", subject.modelName());
    model.put("fingerprint", network.fingerprint());
    model.put("input_shape", network.inputShape());
    model.put("precision", options.precision);
    model.put("engine", network.engine().toString());
    json.put("model", model);
    json.put("input", subject.inputName());
    json.put("preprocess", subject.preprocessor().map(Preprocessor::toString).orElse("none known"));
    json.put("target_asked", options.target);
    List<Map<String, Object>> examples = new ArrayList<>();
    for (int i = 0; i < predictions.size(); i++) {
      Map<String, Object> example = new LinkedHashMap<>();
      example.put("target", explanations.get(0).attribution().classes().get(i));
      example.put("label", explanations.get(0).label(i));
      example.put("logits", logits.getRow(i).toDoubleVector());
      example.put("top5", predictions.get(i));
      examples.add(example);
    }
    json.putAll(examples.get(0));
    if (examples.size() > 1) {
      json.put("examples", examples);
    }
    Map<String, Object> methods = new LinkedHashMap<>();
    explanations.forEach(e -> methods.put(e.method().id(), e.json()));
    json.put("methods", methods);
    json.put("versions", explanations.get(0).attribution().provenance().versions());
    json.put("notes", notes);
    return json;
  }

  private Report report(
      Subject subject,
      List<List<Prediction>> predictions,
      List<Explanation> explanations,
      List<String> notes) {
    Attribution first = explanations.get(0).attribution();
    List<Fact> facts =
        List.of(
            new Fact("model", subject.modelName()),
            new Fact("fingerprint", subject.network().fingerprint()),
            new Fact("input", subject.inputName()),
            new Fact("input shape", Arrays.toString(subject.x().shape())),
            new Fact("target", options.target),
            new Fact("precision", options.precision),
            new Fact("engine", subject.network().engine().toString()));
    List<Card> cards = new ArrayList<>(explanations.stream().map(Explanation::card).toList());
    if (!cards.isEmpty() && !notes.isEmpty()) {
      cards.set(0, cards.get(0).withNotes(notes));
    }
    List<Fact> footer = new ArrayList<>();
    first.provenance().versions().forEach((k, v) -> footer.add(new Fact(k, v)));
    String seed = options.seed == null ? "0" : Long.toString(options.seed);
    footer.add(new Fact("seed", seed));
    footer.add(
        new Fact(
            "preprocess", subject.preprocessor().map(Preprocessor::toString).orElse("none known")));
    String label = explanations.get(0).label(0);
    return new Report(
        "Why " + label + "?",
        "What " + subject.modelName() + " sees in " + subject.inputName(),
        facts,
        new Picture(
            subject.pictures().get(0), subject.inputName(), "The picture that is explained"),
        predictions.get(0),
        cards,
        footer);
  }
}
