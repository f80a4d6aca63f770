package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.core.attribution.Progress;
import dev.interp.core.data.Birds;
import dev.interp.core.data.DatasetFormat;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.image.Image;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.disentangle.graph.ExplanatoryGraph;
import dev.interp.disentangle.graph.Facing;
import dev.interp.disentangle.graph.FeatureMaps;
import dev.interp.disentangle.graph.GraphLayer;
import dev.interp.disentangle.graph.GraphLearner;
import dev.interp.disentangle.graph.GraphNode;
import dev.interp.disentangle.graph.GraphPage;
import dev.interp.disentangle.graph.GraphPictures;
import dev.interp.disentangle.graph.GraphSettings;
import dev.interp.disentangle.graph.MapReader;
import dev.interp.disentangle.graph.Placements;
import dev.interp.visual.report.Fact;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Learns an explanatory graph of the pictures of one category. */
@Command(
    name = "graph",
    mixinStandardHelpOptions = true,
    description =
        "Finds the parts that are mixed in the filters of a net: an explanatory graph of pictures of"
            + " one category.")
final class Graph implements Callable<Integer> {
  private static final int SHEET = 10;
  private static final int PATCHES = 10;
  private static final int PATCH = 70;
  private static final int OVERLAYS = 3;
  private static final int LEAST_PICTURE = 224;
  private static final String CHECKPOINT = "checkpoint";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ModelOption model = new ModelOption();

  @Mixin private ResultOptions output = new ResultOptions();

  @Option(
      names = "--layers",
      paramLabel = "NAME",
      split = ",",
      required = true,
      description = "Tensors with maps; the highest is the root of the graph. See 'interp layers'.")
  private List<String> layers = List.of();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "birds:CLASS (default birds:0), a folder of pictures, or DIR:CLASS for a folder with a"
              + " folder per class or with subset.csv; then the other classes are the scale of what"
              + " fires.")
  private String data = "birds:0";

  @Option(
      names = "--preprocess",
      paramLabel = "JSON",
      description = "How the net takes pictures (default: its own for the embedded model).")
  private @Nullable Path preprocess;

  @Option(names = "--images", paramLabel = "N", description = "Pictures of the category at most.")
  private int images = 200;

  @Option(
      names = "--patterns",
      paramLabel = "N",
      description = "Patterns per filter before merging; 0 (default) for 1.4 times the map's side.")
  private int patterns;

  @Option(names = "--iterations", paramLabel = "N", description = "Iterations per layer.")
  private int iterations = GraphSettings.defaults().iterations();

  @Option(
      names = "--turn",
      description =
          "Turn pictures whose mirror image is more like the others, so that objects that look to"
              + " the left and to the right have their parts at one place.")
  private boolean turn;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of the first positions.")
  private long seed;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures per run of the net.")
  private int batch = 16;

  @Option(
      names = "--memory",
      paramLabel = "MB",
      description = "Maps beyond this lie in files (default: half of what Java may use).")
  private long memory = -1;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "Nodes per layer in report, sheets and graph.dot.")
  private int nodes = 12;

  @Option(
      names = "--resume",
      description = "Go on from what a run that was cut short has left in DIR/checkpoint.")
  private boolean resume;

  /** Pictures of a category, and of others if there are any. */
  private record Pictures(String category, List<PartImage> own, List<PartImage> others) {}

  @Override
  public Integer call() throws IOException {
    if (images < 2 || nodes < 1) {
      throw new IllegalArgumentException(
          "--images must be at least 2 and --nodes at least 1, was " + images + " and " + nodes);
    }
    GraphSettings settings =
        GraphSettings.defaults().withPatterns(patterns).withIterations(iterations).withSeed(seed);
    Network network = model.network();
    Preprocessor how = preprocessor(network);
    MapReader reader = MapReader.of(network, layers).withBatch(batch);
    Pictures pictures = pictures();
    if (pictures.own().size() < 2) {
      throw new IllegalArgumentException(
          data
              + ": a graph needs at least 2 pictures of one category, was "
              + pictures.own().size());
    }
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      Path spill = Files.createDirectory(folder.file("spill"));
      long bytes = memory >= 0 ? memory << 20 : Runtime.getRuntime().maxMemory() / 2;
      reader = reader.withMemory(turn ? bytes / 2 : bytes, spill);
      List<FeatureMaps> raw = new ArrayList<>(maps(reader, how, pictures.own(), "pictures"));
      if (turn) {
        List<PartImage> images = pictures.own().stream().map(Graph::mirrored).toList();
        raw.addAll(maps(reader, how, images, "mirror images"));
      }
      List<FeatureMaps> maps = normalised(raw, reader, how, pictures.others());
      boolean[] turned = new boolean[pictures.own().size()];
      if (turn) {
        List<FeatureMaps> images = maps.subList(maps.size() / 2, maps.size());
        maps = maps.subList(0, images.size());
        turned = Facing.turned(maps, images);
        maps = turned(maps, images, turned);
      }
      String subject =
          network.fingerprint()
              + " "
              + how
              + " "
              + data
              + " of "
              + pictures.own().size()
              + (turn ? ", turned" : "");
      ExplanatoryGraph graph =
          GraphLearner.withDefaults()
              .withSettings(settings)
              .withProgress(progress("iteration"))
              .withCheckpoint(output.out.resolve(CHECKPOINT), subject, resume)
              .learn(maps);
      write(folder, graph, maps, pictures, turned, network, how);
      raw.forEach(FeatureMaps::close);
      Files.delete(spill);
      folder.commit();
      PrintWriter lines = spec.commandLine().getOut();
      lines.printf(
          Locale.ROOT,
          "%d nodes and %d edges from %d pictures of %s%n",
          graph.nodes().size(),
          graph.edges(),
          pictures.own().size(),
          pictures.category());
      lines.flush();
    }
    removeCheckpoint();
    return 0;
  }

  private void removeCheckpoint() throws IOException {
    Path folder = output.out.resolve(CHECKPOINT);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path saved : files.filter(f -> f.toString().endsWith(".checkpoint")).toList()) {
        Files.delete(saved);
      }
    }
    Files.deleteIfExists(folder);
  }

  private Preprocessor preprocessor(Network network) throws IOException {
    Path file = preprocess;
    if (file != null) {
      return PreprocessFile.read(file);
    }
    DemoModel demo = model.demo();
    return demo != null ? demo.preprocessor() : Subject.guess(network);
  }

  private Pictures pictures() throws IOException {
    if (data.equals("birds") || data.startsWith("birds:")) {
      return birds(data.equals("birds") ? "0" : data.substring("birds:".length()));
    }
    Path folder = Path.of(data);
    if (Files.isDirectory(folder)) {
      if (Files.exists(folder.resolve("subset.csv"))) {
        throw new IllegalArgumentException(
            data + ": the folder holds several classes; name one, " + data + ":CLASS");
      }
      return plain(folder);
    }
    int colon = data.lastIndexOf(':');
    if (colon < 0 || !Files.isDirectory(Path.of(data.substring(0, colon)))) {
      throw new NoSuchFileException(data);
    }
    Path several = Path.of(data.substring(0, colon));
    DatasetFormat format =
        Files.exists(several.resolve("subset.csv"))
            ? new DatasetFormat.AnimalPart()
            : new DatasetFormat.ImageFolder();
    return split(format.open(several), data.substring(colon + 1));
  }

  private Pictures birds(String name) {
    DemoModel demo = DemoModel.load();
    Birds birds = demo.birds();
    int classes = birds.classNames().size();
    int label = label(name, birds.classNames());
    int first = demo.firstDemoBird();
    int most = Math.min(images, (birds.size() - first) / classes);
    List<PartImage> all = birds.slice(first, first + most * classes).stream().parallel().toList();
    return of(birds.classNames().get(label), all, label);
  }

  private static int label(String name, List<String> classes) {
    int label = classes.indexOf(name);
    if (label < 0 && name.matches("\\d{1,9}") && Integer.parseInt(name) < classes.size()) {
      label = Integer.parseInt(name);
    }
    if (label < 0) {
      throw new IllegalArgumentException(
          "the class must be one of " + classes + " or its number from 0 on, was '" + name + "'");
    }
    return label;
  }

  private Pictures split(PartDataset set, String name) {
    int label = label(name, set.classNames());
    return of(set.classNames().get(label), set.readable(this::broken).stream().toList(), label);
  }

  private Pictures of(String category, List<PartImage> all, int label) {
    return new Pictures(
        category,
        all.stream().filter(p -> p.label() == label).limit(images).toList(),
        all.stream().filter(p -> p.label() != label).limit(5L * images).toList());
  }

  private void broken(UncheckedIOException e) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("interp: skipped, " + e.getMessage());
    err.flush();
  }

  /** A folder of pictures of one category. */
  private Pictures plain(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> entries = Files.list(folder)) {
      files =
          entries
              .filter(Files::isRegularFile)
              .filter(
                  f -> f.toString().toLowerCase(Locale.ROOT).matches(".*\\.(png|jpg|jpeg|bmp|gif)"))
              .sorted()
              .limit(images)
              .toList();
    }
    List<PartImage> pictures = new ArrayList<>();
    for (Path file : files) {
      dev.interp.core.data.RgbImage image =
          dev.interp.core.data.RgbImage.of(ImageIo.read(file).toBufferedImage());
      pictures.add(
          new PartImage(
              image,
              0,
              new dev.interp.core.data.Box(0, 0, image.width(), image.height()),
              List.of(),
              java.util.Optional.empty(),
              java.util.Map.of()));
    }
    return new Pictures(String.valueOf(folder.getFileName()), pictures, List.of());
  }

  private List<FeatureMaps> maps(
      MapReader reader, Preprocessor how, List<PartImage> pictures, String what)
      throws IOException {
    return reader
        .withProgress(progress(what))
        .read(pictures.size(), i -> how.apply(Image.of(pictures.get(i).image().toBufferedImage())));
  }

  /** Maps of all layers once or, with those of mirror images, twice. */
  private List<FeatureMaps> normalised(
      List<FeatureMaps> raw, MapReader reader, Preprocessor how, List<PartImage> others)
      throws IOException {
    boolean alone = others.size() < 2;
    List<FeatureMaps> scale = alone ? raw : maps(reader, how, others, "other pictures");
    int count = turn ? raw.size() / 2 : raw.size();
    List<FeatureMaps> result = new ArrayList<>();
    for (int l = 0; l < raw.size(); l++) {
      result.add(raw.get(l).normalisedBy(scale.get(l % count)));
    }
    if (!alone) {
      scale.forEach(FeatureMaps::close);
    }
    return result;
  }

  private static PartImage mirrored(PartImage p) {
    return new PartImage(
        p.image().mirrored(),
        p.label(),
        p.box(),
        List.of(),
        java.util.Optional.empty(),
        p.attributes());
  }

  private static List<FeatureMaps> turned(
      List<FeatureMaps> maps, List<FeatureMaps> images, boolean[] which) {
    List<FeatureMaps> result = new ArrayList<>();
    for (int l = 0; l < maps.size(); l++) {
      result.add(maps.get(l).turned(images.get(l), which));
    }
    return result;
  }

  private Progress progress(String what) {
    PrintWriter err = spec.commandLine().getErr();
    return (done, total) -> {
      if (!output.quiet) {
        err.printf(Locale.ROOT, "%s %d of %d%n", what, done, total);
        err.flush();
      }
      return true;
    };
  }

  private void write(
      OutputFolder folder,
      ExplanatoryGraph graph,
      List<FeatureMaps> maps,
      Pictures pictures,
      boolean[] turned,
      Network network,
      Preprocessor how)
      throws IOException {
    Placements placements = graph.placements().turned(turned);
    Files.writeString(folder.file("graph.json"), graph.toJson());
    Files.writeString(folder.file("graph.graphml"), graph.toGraphMl());
    Files.writeString(folder.file("graph.dot"), graph.strongest(nodes).toDot());
    if (!graph.nodes().isEmpty()) {
      NpyFile.write(positions(placements), folder.file("positions.npy"));
    }
    ObjectNode result = result(graph, placements, maps, pictures, turned, network);
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(folder.file("result.json").toFile(), result);
    List<BufferedImage> photos =
        IntStream.range(0, turned.length)
            .mapToObj(
                i -> {
                  PartImage p = pictures.own().get(i);
                  return turned[i] ? p.image().mirrored() : p.image();
                })
            .map(p -> Image.of(p.toBufferedImage()))
            .map(p -> fit(how.unapply(how.apply(p), 0).toBufferedImage()))
            .toList();
    GraphPictures drawings = GraphPictures.of(graph, graph.placements(), photos);
    for (int l = 0; l < graph.layers().size(); l++) {
      int[] best = graph.strongest(l, SHEET);
      if (best.length > 0) {
        ImageIo.writePng(
            sheet(Arrays.stream(best).mapToObj(n -> drawings.patches(n, PATCHES, PATCH)).toList()),
            folder.file("patches-" + graph.layers().get(l).name().replace('/', '_') + ".png"));
      }
    }
    int[] overlays =
        IntStream.range(0, Math.min(OVERLAYS, photos.size()))
            .map(k -> k * photos.size() / OVERLAYS)
            .distinct()
            .toArray();
    List<Fact> facts =
        List.of(
            new Fact("Model", model.name()),
            new Fact("Category", pictures.category()),
            new Fact("Pictures", Integer.toString(pictures.own().size())),
            new Fact("Layers", String.join(", ", layers)));
    Files.writeString(
        folder.file("report.html"), GraphPage.of(graph, photos, nodes, overlays, facts));
  }

  /** Large enough for people; what the network saw of a picture, so that positions fit. */
  private static BufferedImage fit(BufferedImage photo) {
    int width = Math.max(LEAST_PICTURE, photo.getWidth());
    int height = (int) Math.round(width * (double) photo.getHeight() / photo.getWidth());
    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = result.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    g.drawImage(photo, 0, 0, width, height, null);
    g.dispose();
    return result;
  }

  private static BufferedImage sheet(List<BufferedImage> rows) {
    int width = rows.stream().mapToInt(BufferedImage::getWidth).max().orElseThrow();
    int height = rows.get(0).getHeight() + 2;
    BufferedImage sheet =
        new BufferedImage(width, rows.size() * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setColor(java.awt.Color.WHITE);
    g.fillRect(0, 0, width, sheet.getHeight());
    for (int k = 0; k < rows.size(); k++) {
      g.drawImage(rows.get(k), 0, k * height, null);
    }
    g.dispose();
    return sheet;
  }

  /** Column, row and score of each node in each picture. */
  private static INDArray positions(Placements placements) {
    float[] values = new float[placements.patterns() * placements.pictures() * 3];
    int at = 0;
    for (int v = 0; v < placements.patterns(); v++) {
      for (int i = 0; i < placements.pictures(); i++) {
        values[at++] = (float) placements.x(v, i);
        values[at++] = (float) placements.y(v, i);
        values[at++] = (float) placements.score(v, i);
      }
    }
    return Nd4j.createFromArray(values).reshape(placements.patterns(), placements.pictures(), 3);
  }

  private ObjectNode result(
      ExplanatoryGraph graph,
      Placements placements,
      List<FeatureMaps> maps,
      Pictures pictures,
      boolean[] turned,
      Network network) {
    ObjectNode result = new ObjectMapper().createObjectNode();
    result.put("model", model.name());
    result.put("fingerprint", network.fingerprint());
    result.put("data", data);
    result.put("category", pictures.category());
    result.put("images", pictures.own().size());
    result.put("other_images", pictures.others().size());
    result.put("settings", graph.settings().toString());
    if (turn) {
      ArrayNode which = result.putArray("turned_images");
      IntStream.range(0, turned.length).filter(i -> turned[i]).forEach(which::add);
    }
    result.put("nodes", graph.nodes().size());
    result.put("edges", graph.edges());
    // Pictures from folders may be cropped for the network; then landmarks are elsewhere.
    boolean annotated = data.startsWith("birds");
    ArrayNode list = result.putArray("layers");
    for (int l = 0; l < graph.layers().size(); l++) {
      GraphLayer layer = graph.layers().get(l);
      ObjectNode node = list.addObject();
      node.put("name", layer.name());
      node.put("filters", layer.filters());
      node.put("nodes", graph.idsOf(l).length);
      ArrayNode likelihoods = node.putArray("likelihoods");
      Arrays.stream(graph.likelihoods(l)).forEach(likelihoods::add);
      if (annotated) {
        Placements peaks = Placements.ofPeaks(maps.get(l)).turned(turned);
        int[] all = IntStream.range(0, peaks.patterns()).toArray();
        put(
            node,
            "instability_nodes",
            placements.instability(graph.strongest(l, 167), 20, pictures.own()));
        put(node, "instability_filters", peaks.instability(all, 20, pictures.own()));
      }
      ArrayNode best = node.putArray("strongest");
      for (int id : graph.strongest(l, nodes)) {
        GraphNode n = graph.nodes().get(id);
        ObjectNode one = best.addObject();
        one.put("id", id);
        one.put("filter", n.filter());
        one.put("x", n.x());
        one.put("y", n.y());
        one.put("spread", n.spread());
        one.put("strength", n.strength());
      }
    }
    return result;
  }

  private static void put(ObjectNode node, String name, double[] values) {
    double mean = Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
    if (!Double.isNaN(mean)) {
      node.put(name, mean);
    }
  }
}
