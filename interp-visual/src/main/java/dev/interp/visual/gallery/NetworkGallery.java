package dev.interp.visual.gallery;

import dev.interp.core.attribution.Progress;
import dev.interp.core.data.PartDataset;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.visual.optimize.ActivationMaximization;
import dev.interp.visual.optimize.Objective;
import dev.interp.visual.optimize.Visualization;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Walks a network and gathers what there is to see of its filters: the weights of those that read
 * the input, the picture that each likes best (activation maximisation), the nine patches in which
 * it is strongest, their deconvnet projections, and what it sees in theory and really; and for each
 * layer whether its units mean more than random directions. {@link GalleryPage} shows it.
 *
 * <p>Cost: one forward pass for each picture; for each filter a backward pass for each of its nine
 * patches, and a forward pass for each layer and picture that has one; a forward and a backward
 * pass for each step of a drawn filter; about a thousand forward passes for each picture that
 * empirical fields are measured with.
 *
 * <p>Equal seeds give equal galleries. Immutable; {@code withX} returns a copy. Safe for concurrent
 * use.
 */
public final class NetworkGallery {
  private static final int TOP = 9;
  private static final int SMALLEST_SHARE = 16;
  private static final int PER_FIELD = 2;
  private static final int DIRECTIONS = 32;
  private static final long DRAWN_SIDE = 128;

  private List<String> layers = List.of();
  private Map<String, Map<Integer, String>> labels = Map.of();
  private int steps = 128;
  private int drawn = 32;
  private int fieldPictures = 24;
  private int batchSize = 16;
  private long seed;
  private Progress progress = Progress.none();

  private NetworkGallery() {}

  /**
   * All layers with filters; the first 32 filters of each drawn in 128 steps; fields measured with
   * 24 pictures; 16 pictures at once.
   *
   * @return the method
   */
  public static NetworkGallery withDefaults() {
    return new NetworkGallery();
  }

  private NetworkGallery with(Consumer<NetworkGallery> change) {
    NetworkGallery copy = new NetworkGallery();
    copy.layers = layers;
    copy.labels = labels;
    copy.steps = steps;
    copy.drawn = drawn;
    copy.fieldPictures = fieldPictures;
    copy.batchSize = batchSize;
    copy.seed = seed;
    copy.progress = progress;
    change.accept(copy);
    return copy;
  }

  /**
   * Sets which layers are shown.
   *
   * @param names of tensors; none for every convolution and dense layer, after its rectifier
   * @return a copy
   */
  public NetworkGallery withLayers(List<String> names) {
    List<String> own = names.stream().distinct().toList();
    return with(copy -> copy.layers = own);
  }

  /**
   * Sets what filters are called or were found to detect.
   *
   * @param words by layer and index of the filter; layers and filters may be missing
   * @return a copy
   */
  public NetworkGallery withLabels(Map<String, Map<Integer, String>> words) {
    Map<String, Map<Integer, String>> own = new HashMap<>();
    words.forEach((layer, filters) -> own.put(layer, Map.copyOf(filters)));
    return with(copy -> copy.labels = own);
  }

  /**
   * Sets how filters are drawn by activation maximisation.
   *
   * @param count of steps for each, at least 1
   * @param perLayer how many filters of a layer, the first ones; 0 for none
   * @return a copy
   * @throws IllegalArgumentException if a number is not legal
   */
  public NetworkGallery withDrawing(int count, int perLayer) {
    if (count < 1 || perLayer < 0) {
      throw new IllegalArgumentException(
          "filters are drawn in at least 1 step, and at least 0 of a layer, was "
              + count
              + " and "
              + perLayer);
    }
    return with(
        copy -> {
          copy.steps = count;
          copy.drawn = perLayer;
        });
  }

  /**
   * Sets with how many pictures empirical receptive fields are measured. Those are taken that are
   * among the nine best of most filters; a filter with none of them is not measured.
   *
   * @param pictures at least 0
   * @return a copy
   * @throws IllegalArgumentException if it is below 0
   */
  public NetworkGallery withFieldPictures(int pictures) {
    if (pictures < 0) {
      throw new IllegalArgumentException(
          "fields are measured with at least 0 pictures, was " + pictures);
    }
    return with(copy -> copy.fieldPictures = pictures);
  }

  /**
   * Sets how many pictures go through the network at once.
   *
   * @param pictures at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is below 1
   */
  public NetworkGallery withBatchSize(int pictures) {
    if (pictures < 1) {
      throw new IllegalArgumentException("the batch size must be at least 1, was " + pictures);
    }
    return with(copy -> copy.batchSize = pictures);
  }

  /**
   * Sets the seed of drawings, noise and random directions.
   *
   * @param value any
   * @return a copy
   */
  public NetworkGallery withSeed(long value) {
    return with(copy -> copy.seed = value);
  }

  /**
   * Sets who is told of the progress, in passes of a picture, roughly.
   *
   * @param listener may cancel
   * @return a copy
   */
  public NetworkGallery withProgress(Progress listener) {
    return with(copy -> copy.progress = listener);
  }

  /**
   * How many filters of a layer are drawn at most.
   *
   * @return 0 for none
   */
  public int drawnPerLayer() {
    return drawn;
  }

  /**
   * Gathers what a gallery shows.
   *
   * @param network takes pictures
   * @param preprocessor their way into the network
   * @param pictures at least one, all readable, see {@link PartDataset#readable}
   * @return the layers, in the network's order
   * @throws IllegalArgumentException if the network does not take the preprocessor's pictures, has
   *     no such layer, or there is no picture
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public List<GalleryLayer> of(Network network, Preprocessor preprocessor, PartDataset pictures) {
    layers.forEach(network::layer);
    List<String> names = layers.isEmpty() ? filterLayers(network) : layers;
    if (names.isEmpty()) {
      throw new IllegalArgumentException(
          "the network has no convolution or dense layer; name the layers to be shown");
    }
    if (network.typicalInput().length != 3
        || network.typicalInput()[0] != preprocessor.order().channels()) {
      throw new IllegalArgumentException(
          "the network must take pictures of the preprocessor's "
              + preprocessor.order().channels()
              + " channels, but it takes "
              + Arrays.toString(network.inputShape()));
    }
    return new Walk(network, preprocessor, pictures, names).run();
  }

  /** Every convolution and dense layer, after the norm and the rectifier that follow it alone. */
  static List<String> filterLayers(Network network) {
    Map<String, List<Node>> readers = new HashMap<>();
    for (Node node : network.nodes()) {
      node.inputs().forEach(n -> readers.computeIfAbsent(n, k -> new ArrayList<>()).add(node));
    }
    List<String> names = new ArrayList<>();
    for (Node node : network.nodes()) {
      if (isFilter(node.op())) {
        String last = node.name();
        List<Node> next = readers.getOrDefault(last, List.of());
        while (!last.equals(network.logits())
            && next.size() == 1
            && isElementwise(next.get(0).op())) {
          last = next.get(0).name();
          next = readers.getOrDefault(last, List.of());
        }
        names.add(last);
      }
    }
    return names;
  }

  private static boolean isFilter(Op op) {
    return op instanceof Op.Convolution
        || op instanceof Op.TransposedConvolution
        || op instanceof Op.Dense;
  }

  private static boolean isElementwise(Op op) {
    return op instanceof Op.Affine
        || op instanceof Op.Activation
        || op instanceof Op.ParametricRelu;
  }

  /** Progress over stages, of which each has a share of the whole. */
  private final class Stages {
    private final long total;
    private long before;

    Stages(long total) {
      this.total = total;
    }

    Progress next(long share) {
      long from = before;
      before += share;
      return (done, of) -> progress.update(Math.min(total, from + share * done / of), total);
    }
  }

  /** What is gathered of a filter while it is walked. */
  private static final class Sheets {
    final BufferedImage patches = Drawings.sheet();
    final BufferedImage projections = Drawings.sheet();
    @Nullable BufferedImage thumbnail;
    GalleryFilter.@Nullable Figure field;
  }

  /** One walk through one network. */
  private final class Walk {
    private final Network network;
    private final Preprocessor preprocessor;
    private final PartDataset pictures;
    private final List<String> names;

    Walk(Network network, Preprocessor preprocessor, PartDataset pictures, List<String> names) {
      this.network = network;
      this.preprocessor = preprocessor;
      this.pictures = pictures;
      this.names = names;
    }

    List<GalleryLayer> run() {
      long filters = names.stream().mapToLong(n -> network.layer(n).shape().get(0)).sum();
      long toDraw =
          names.stream().mapToLong(n -> Math.min(drawn, network.layer(n).shape().get(0))).sum();
      long places = 4L * SMALLEST_SHARE * SMALLEST_SHARE;
      long covered = Math.min(fieldPictures, pictures.size()) * places;
      Stages stages = new Stages(pictures.size() + covered + filters * TOP + toDraw * steps);
      boolean several = pictures.classNames().size() > 1;
      List<StrongestUnits.Found> found =
          StrongestUnits.withDefaults()
              .withKept(TOP)
              .withBatchSize(batchSize)
              .withDirections(several ? DIRECTIONS : 0, seed)
              .withProgress(stages.next(pictures.size()))
              .find(network, names, pictures, preprocessor);
      Map<String, Map<Integer, EmpiricalField.Measured>> fields =
          fields(found, stages.next(covered));
      int[] classes = several ? classes() : new int[0];
      List<GalleryLayer> all = new ArrayList<>();
      for (StrongestUnits.Found layer : found) {
        String name = layer.layer().name();
        int size = layer.filters().size();
        List<Sheets> sheets =
            sheets(layer, fields.getOrDefault(name, Map.of()), stages.next((long) size * TOP));
        int some = Math.min(drawn, size);
        List<Visualization> drawings = draw(name, some, stages.next((long) some * steps));
        Op.@Nullable Convolution first = firstConvolution(name);
        List<GalleryFilter> shown = new ArrayList<>();
        for (int f = 0; f < size; f++) {
          shown.add(
              filter(
                  layer,
                  f,
                  sheets.get(f),
                  f < some ? drawings.get(f) : null,
                  Optional.ofNullable(fields.getOrDefault(name, Map.of()).get(f)),
                  first));
        }
        all.add(
            new GalleryLayer(
                layer.layer(),
                shown,
                several
                    ? Optional.of(UnitSemantics.of(layer, i -> classes[i]))
                    : Optional.empty()));
      }
      return List.copyOf(all);
    }

    private int[] classes() {
      return IntStream.range(0, pictures.size()).map(i -> pictures.get(i).label()).toArray();
    }

    private INDArray batch(int picture) {
      return preprocessor.apply(List.of(StrongestUnits.image(pictures.get(picture))));
    }

    // ---------------------------------------------------------------- receptive fields

    private Map<String, Map<Integer, EmpiricalField.Measured>> fields(
        List<StrongestUnits.Found> found, Progress told) {
      List<EmpiricalField.Filter> filters = new ArrayList<>();
      for (StrongestUnits.Found layer : found) {
        for (int f = 0; f < layer.filters().size(); f++) {
          filters.add(
              new EmpiricalField.Filter(
                  layer.layer().name(),
                  f,
                  layer.filters().get(f).stream().filter(s -> s.activation() > 0).toList()));
        }
      }
      Set<Integer> chosen = choose(filters);
      List<EmpiricalField.Filter> covered =
          filters.stream()
              .map(
                  f ->
                      new EmpiricalField.Filter(
                          f.layer(),
                          f.channel(),
                          f.shots().stream().filter(s -> chosen.contains(s.picture())).toList()))
              .filter(f -> !f.shots().isEmpty())
              .toList();
      if (covered.isEmpty()) {
        return Map.of();
      }
      INDArray x = batch(chosen.iterator().next());
      int side = (int) Math.min(x.size(2), x.size(3));
      int patch = Math.max(1, Math.round((float) side / SMALLEST_SHARE));
      return EmpiricalField.withDefaults()
          .withPatch(patch, Math.max(1, patch / 2))
          .withSeed(seed)
          .withProgress(told)
          .measure(network, covered, PER_FIELD, this::batch)
          .stream()
          .collect(
              Collectors.groupingBy(
                  m -> m.filter().layer(), Collectors.toMap(m -> m.filter().channel(), m -> m)));
    }

    /** Pictures that are among the best of as many filters as possible. */
    private Set<Integer> choose(List<EmpiricalField.Filter> filters) {
      TreeMap<Integer, Set<EmpiricalField.Filter>> byPicture = new TreeMap<>();
      for (EmpiricalField.Filter filter : filters) {
        filter
            .shots()
            .forEach(s -> byPicture.computeIfAbsent(s.picture(), k -> new HashSet<>()).add(filter));
      }
      Set<Integer> chosen = new HashSet<>();
      Set<EmpiricalField.Filter> left = new HashSet<>(filters);
      while (chosen.size() < fieldPictures) {
        int best = -1;
        long most = 0;
        for (Map.Entry<Integer, Set<EmpiricalField.Filter>> entry : byPicture.entrySet()) {
          long count = entry.getValue().stream().filter(left::contains).count();
          if (count > most) {
            most = count;
            best = entry.getKey();
          }
        }
        if (best < 0) {
          break;
        }
        chosen.add(best);
        left.removeAll(Objects.requireNonNull(byPicture.get(best)));
      }
      return chosen;
    }

    // ---------------------------------------------------------------- patches and projections

    private List<Sheets> sheets(
        StrongestUnits.Found layer, Map<Integer, EmpiricalField.Measured> fields, Progress told) {
      List<Sheets> sheets =
          IntStream.range(0, layer.filters().size()).mapToObj(f -> new Sheets()).toList();
      TreeMap<Integer, List<int[]>> byPicture = new TreeMap<>();
      for (int f = 0; f < sheets.size(); f++) {
        List<TopPictures.Shot> shots = layer.filters().get(f);
        for (int rank = 0; rank < shots.size() && !UnitSemantics.isSilent(shots); rank++) {
          byPicture
              .computeIfAbsent(shots.get(rank).picture(), k -> new ArrayList<>())
              .add(new int[] {f, rank});
        }
      }
      int done = 0;
      for (Map.Entry<Integer, List<int[]>> entry : byPicture.entrySet()) {
        INDArray x = batch(entry.getKey());
        BufferedImage picture = Drawings.rgb(preprocessor.unapply(x, 0));
        List<Deconvnet.Unit> units =
            entry.getValue().stream()
                .map(at -> unit(layer.layer(), at[0], shot(layer, at).unit()))
                .toList();
        List<Deconvnet.Projection> projected =
            Deconvnet.project(network, x, layer.layer().name(), units);
        for (int i = 0; i < projected.size(); i++) {
          int[] at = entry.getValue().get(i);
          Deconvnet.Projection one = projected.get(i);
          Sheets own = sheets.get(at[0]);
          BufferedImage patch = Drawings.cut(picture, one.patch());
          Drawings.put(own.patches, at[1], patch);
          Drawings.put(own.projections, at[1], Drawings.projection(one, preprocessor.order()));
          if (at[1] == 0) {
            own.thumbnail = Drawings.fit(patch, Drawings.THUMBNAIL);
            own.field = field(layer.layer(), one, picture, fields.get(at[0]));
          }
        }
        told.report(++done, byPicture.size());
      }
      return sheets;
    }

    private TopPictures.Shot shot(StrongestUnits.Found layer, int[] at) {
      return layer.filters().get(at[0]).get(at[1]);
    }

    private Deconvnet.Unit unit(LayerInfo layer, int channel, int place) {
      int columns = layer.shape().size() == 3 ? Math.toIntExact(layer.shape().get(2)) : 1;
      return new Deconvnet.Unit(channel, place / columns, place % columns);
    }

    private GalleryFilter.Figure field(
        LayerInfo layer,
        Deconvnet.Projection best,
        BufferedImage picture,
        EmpiricalField.@Nullable Measured measured) {
      int[] center = {
        (int) Math.round(Patch.center(layer.receptiveField().height(), best.unit().row())),
        (int) Math.round(Patch.center(layer.receptiveField().width(), best.unit().column()))
      };
      EmpiricalField.Measured known = measured != null && measured.side() > 0 ? measured : null;
      String words =
          known != null
              ? String.format(
                  Locale.ROOT, "Sees %.0f of %.0f px", known.side(), known.theoretical())
              : "Can see " + best.patch().width() + " × " + best.patch().height() + " px";
      return Drawings.figure(
          Drawings.field(picture, best.patch(), known, center),
          words,
          "The picture in which "
              + name(layer.name(), best.unit().channel())
              + " is strongest, dark where it cannot see"
              + (known != null ? ", with a line around what drives it" : ""));
    }

    // ---------------------------------------------------------------- drawings and weights

    private List<Visualization> draw(String layer, int count, Progress told) {
      List<Objective> objectives =
          IntStream.range(0, count).mapToObj(f -> Objective.channel(layer, f)).toList();
      return ActivationMaximization.withDefaults()
          .withSteps(steps)
          .withBatchSize(batchSize)
          .withSeed(seed)
          .withProgress(told)
          .run(smaller(), preprocessor, objectives);
    }

    /** A large input costs much and shows no more of most filters. */
    private Network smaller() {
      long[] input = network.typicalInput();
      if (Math.max(input[1], input[2]) <= DRAWN_SIDE) {
        return network.withInput(input);
      }
      try {
        return network.withInput(input[0], DRAWN_SIDE, DRAWN_SIDE);
      } catch (IllegalArgumentException e) {
        // It ends in a dense layer, which takes one size only.
        return network;
      }
    }

    /** The convolution of a layer if it reads the input, padded or not. */
    private Op.@Nullable Convolution firstConvolution(String layer) {
      Map<String, Node> nodes = new LinkedHashMap<>();
      network.nodes().forEach(node -> nodes.put(node.name(), node));
      Node node = Objects.requireNonNull(nodes.get(layer));
      while (isElementwise(node.op())) {
        node = Objects.requireNonNull(nodes.get(node.inputs().get(0)));
      }
      if (!(node.op() instanceof Op.Convolution convolution) || convolution.groups() != 1) {
        return null;
      }
      Node below = Objects.requireNonNull(nodes.get(node.inputs().get(0)));
      while (below.op() instanceof Op.Pad || below.op() instanceof Op.Scale) {
        below = Objects.requireNonNull(nodes.get(below.inputs().get(0)));
      }
      return below.op() instanceof Op.Input ? convolution : null;
    }

    private String name(String layer, int channel) {
      return "filter " + channel + " of " + layer;
    }

    private GalleryFilter filter(
        StrongestUnits.Found layer,
        int f,
        Sheets sheets,
        @Nullable Visualization drawing,
        Optional<EmpiricalField.Measured> field,
        Op.@Nullable Convolution first) {
      String layerName = layer.layer().name();
      String name = name(layerName, f);
      boolean silent = UnitSemantics.isSilent(layer.filters().get(f));
      List<GalleryFilter.Figure> figures = new ArrayList<>();
      BufferedImage thumbnail = sheets.thumbnail;
      if (first != null) {
        BufferedImage weights = Drawings.weights(first, f, preprocessor.order());
        figures.add(
            Drawings.figure(
                Drawings.fit(weights, Drawings.FIGURE),
                "Weights",
                "The weights of " + name + " as colours around grey"));
        thumbnail = Drawings.fit(weights, Drawings.THUMBNAIL);
      }
      GalleryFilter.Drawing state = GalleryFilter.Drawing.NOT_DRAWN;
      if (drawing != null) {
        state = drawing.dead() ? GalleryFilter.Drawing.DEAD : GalleryFilter.Drawing.DRAWN;
      }
      if (drawing != null && !drawing.dead()) {
        BufferedImage picture = Drawings.rgb(drawing.picture());
        thumbnail = first != null ? thumbnail : Drawings.fit(picture, Drawings.THUMBNAIL);
        figures.add(
            Drawings.figure(
                Drawings.fit(picture, Drawings.FIGURE),
                "Likes best",
                "The picture that " + name + " likes best"));
      }
      if (!silent) {
        figures.add(
            Drawings.figure(
                sheets.patches,
                "Strongest patches",
                "The patches of pictures in which " + name + " is strongest"));
        figures.add(
            Drawings.figure(
                sheets.projections,
                "Their projections",
                "What of these patches excites " + name + ", by a deconvnet"));
        figures.add(Objects.requireNonNull(sheets.field));
      }
      return new GalleryFilter(
          f,
          labels.getOrDefault(layerName, Map.of()).getOrDefault(f, ""),
          layer.filters().get(f),
          silent,
          state,
          state == GalleryFilter.Drawing.DRAWN
              ? OptionalDouble.of(Objects.requireNonNull(drawing).value())
              : OptionalDouble.empty(),
          field
              .filter(m -> m.side() > 0)
              .map(m -> OptionalDouble.of(m.side()))
              .orElse(OptionalDouble.empty()),
          thumbnail == null ? null : Drawings.figure(thumbnail, "", name),
          figures);
    }
  }
}
