package dev.interp.training.filter;

import dev.interp.training.filter.FilterLayer.Labels;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What a filter layer does with its maps. Like all layers of DeepLearning4J it remembers its last
 * forward pass and serves one thread at a time.
 */
final class FilterUnit {
  private final FilterSettings settings;
  private final Supplier<String> name;
  private @Nullable Supplier<Labels> source;
  private @Nullable Templates templates;
  private double loss;

  // From the last forward pass, until its backward pass; maps only in training.
  private int[] positions = {};
  private Templates.@Nullable Peaks peaks;
  private @Nullable INDArray maps;
  private @Nullable INDArray lossGradient;

  /** What the loss of the last forward pass was computed for; null without labels. */
  private int @Nullable [] lossCategories;

  /** Becomes {@link #logNormalizers} when the step is taken. */
  private double @Nullable [][] next;

  /** What the last step made of each template, for forms whose normalisers are constants. */
  private double @Nullable [][] logNormalizers;

  FilterUnit(FilterSettings settings, Supplier<String> name) {
    this.settings = settings;
    this.name = name;
    settings.check(name.get());
  }

  FilterSettings settings() {
    return settings;
  }

  void bind(Supplier<Labels> labels) {
    source = labels;
  }

  /** The weighted filter loss of the last forward pass in training; 0 after one in evaluation. */
  double loss() {
    return loss;
  }

  void clear() {
    maps = null;
    lossGradient = null;
  }

  /**
   * Masks maps {@code [N, C, H, W]}. In training they are kept for the backward pass, and the loss
   * is computed if that can be done without labels or with labels known already.
   */
  INDArray forward(
      INDArray given,
      Map<String, INDArray> parameters,
      boolean training,
      LayerWorkspaceMgr spaces) {
    INDArray x = FilterRows.plain(given);
    Templates shapes = Templates.fitting(x, templates);
    templates = shapes;
    clear();
    if (training || settings.getPosition() == MaskPosition.ARGMAX) {
      peaks = Templates.peaks(x);
    }
    positions =
        settings.getPosition() == MaskPosition.ARGMAX
            ? Objects.requireNonNull(peaks).cells()
            : shapes.positions(x, settings.getPosition());
    loss = 0;
    if (training) {
      maps = spaces.leverageTo(ArrayType.ACTIVATIONS, x);
      int[] categories = settings.getLoss() == FilterLoss.SINGLE_TEMPLATE ? known(x) : null;
      if (categories != null || settings.getLoss() != FilterLoss.SINGLE_TEMPLATE) {
        computeLoss(x, shapes, categories, parameters, spaces);
      }
    }
    INDArray masked = shapes.masked(x, positions, value(parameters, FilterParameters.SLOPE));
    return spaces.leverageTo(ArrayType.ACTIVATIONS, masked);
  }

  /**
   * The gradient at the maps from that at the masked maps, the filter loss added; fills in the
   * gradients of the own parameters. Runs after the labels of the step are known.
   */
  INDArray backward(
      INDArray epsilon,
      Map<String, INDArray> parameters,
      Map<String, INDArray> gradients,
      boolean averaged,
      LayerWorkspaceMgr spaces) {
    Templates shapes = Objects.requireNonNull(templates);
    INDArray x = maps;
    gradients.values().forEach(g -> g.assign(0));
    INDArray slopes = value(parameters, FilterParameters.SLOPE);
    INDArray below = shapes.masked(epsilon, positions, slopes);
    if (x == null) {
      return below;
    }
    int[] categories = null;
    if (settings.needsLabels()) {
      categories = FilterCategories.of(labels(), settings, (int) x.size(0), name.get());
    }
    // Labels may have come since.
    if (settings.getLoss() == FilterLoss.SINGLE_TEMPLATE
        && (lossGradient == null || !Arrays.equals(categories, lossCategories))) {
      computeLoss(x, shapes, categories, parameters, spaces);
    }
    if (settings.isSlopeLearned()) {
      value(gradients, FilterParameters.SLOPE)
          .assign(shapes.slopeGradient(x, epsilon, positions, slopes));
    }
    remember(x, categories, parameters, gradients);
    INDArray own = lossGradient;
    if (own != null) {
      // DeepLearning4J divides what the layers sum over a batch by its size.
      Nd4j.getBlasWrapper()
          .level1()
          .axpy(own.length(), averaged ? (double) x.size(0) : 1, own, below);
    }
    logNormalizers = next;
    return below;
  }

  private void computeLoss(
      INDArray x,
      Templates shapes,
      int @Nullable [] categories,
      Map<String, INDArray> parameters,
      LayerWorkspaceMgr spaces) {
    if (settings.getLoss() == FilterLoss.NONE) {
      return;
    }
    Templates.Peaks strongest = Objects.requireNonNull(peaks);
    INDArray usual = value(parameters, FilterParameters.ACTIVATION);
    double contrast = settings.getLoss().contrast;
    Normalized normalized = Normalized.of(x, settings.getGain() * contrast, strongest, usual);
    INDArray scaled = normalized.maps();
    double[][] last = logNormalizers;
    double[][] own = new double[(int) x.size(1)][];
    FilterLosses.Result result =
        switch (settings.getLoss()) {
          case MUTUAL_INFORMATION -> FilterLosses.mutualInformation(scaled, shapes);
          case CONSTANT_NORMALIZER ->
              FilterLosses.constantNormalizer(
                  scaled,
                  shapes,
                  last != null && last[0].length == shapes.count() ? last : null,
                  own);
          default -> {
            own = FilterLosses.singleTemplateNormalizers(scaled, shapes, positions);
            yield singleTemplate(
                scaled,
                shapes,
                last == null ? own : last,
                Objects.requireNonNull(categories),
                parameters);
          }
        };
    next = own;
    lossCategories = categories;
    double[] weights = usual.mul(settings.getStrength() / contrast).toDoubleVector();
    double[] losses = result.loss().toDoubleVector();
    loss = 0;
    for (int f = 0; f < losses.length; f++) {
      loss += weights[f] * losses[f];
    }
    lossGradient =
        spaces.leverageTo(
            ArrayType.ACTIVATIONS, normalized.below(result.gradient(), strongest, weights));
  }

  private FilterLosses.Result singleTemplate(
      INDArray x,
      Templates shapes,
      double[][] normalizers,
      int[] categories,
      Map<String, INDArray> parameters) {
    int filters = (int) x.size(1);
    int[] assigned = FilterCategories.assigned(settings, parameters, filters);
    int[] chosen = positions.clone();
    int[] negatives = new int[filters];
    for (int i = 0; i < chosen.length; i++) {
      int wanted = assigned[i % filters];
      if (wanted >= 0 && categories[i / filters] != wanted) {
        chosen[i] = shapes.cells();
        negatives[i % filters]++;
      }
    }
    double examples = x.size(0);
    double[] weights = new double[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      int away = negatives[i % filters];
      weights[i] =
          away == 0 || away == examples
              ? 1
              : examples / 2 / (chosen[i] == shapes.cells() ? away : examples - away);
    }
    return FilterLosses.singleTemplate(
        x, shapes, chosen, FilterLosses.perMap(normalizers, shapes, chosen), weights);
  }

  /** Turns what this step shows of the filters into the difference of the running means. */
  private void remember(
      INDArray x,
      int @Nullable [] categories,
      Map<String, INDArray> parameters,
      Map<String, INDArray> gradients) {
    Templates.Peaks strongest = Objects.requireNonNull(peaks);
    double sum = Arrays.stream(strongest.sums()).sum();
    if (!Double.isFinite(loss) || !Double.isFinite(sum)) {
      throw new IllegalStateException(
          "the filter loss of "
              + name.get()
              + " is "
              + loss
              + " and the sum of its activations "
              + sum
              + ", which must be finite; the weights were not changed. Does the input hold NaN, or"
              + " is the learning rate or the strength "
              + settings.getStrength()
              + " too high?");
    }
    move(
        value(parameters, FilterParameters.ACTIVATION),
        value(gradients, FilterParameters.ACTIVATION),
        strongest.means((int) x.size(1)));
    if (settings.getCategories() > 0 && categories != null) {
      FilterCategories.move(
          value(parameters, FilterParameters.CATEGORIES),
          value(gradients, FilterParameters.CATEGORIES),
          strongest.values(),
          categories);
    }
  }

  /** A parameter without an updater loses what its "gradient" says. */
  private static void move(INDArray old, INDArray change, double[] seen) {
    double[] means = old.toDoubleVector();
    for (int i = 0; i < seen.length; i++) {
      change.putScalar(i, FilterCategories.step(means[i], seen[i]));
    }
  }

  private int @Nullable [] known(INDArray x) {
    Supplier<Labels> supplier = source;
    Labels labels = supplier == null ? null : supplier.get();
    INDArray array = labels == null ? null : labels.labels();
    return array == null || array.size(0) != x.size(0)
        ? null
        : FilterCategories.of(labels, settings, (int) x.size(0), name.get());
  }

  private Labels labels() {
    Supplier<Labels> supplier = source;
    Labels labels = supplier == null ? null : supplier.get();
    if (labels == null || labels.labels() == null) {
      throw new IllegalStateException(
          name.get()
              + " needs the labels of the images in training: call net.addListeners(new"
              + " FilterLabels()). A net that was loaded, cloned or made by transfer learning needs"
              + " the listener again; settings without categories (FilterSettings.withDefaults())"
              + " need no labels");
    }
    return labels;
  }

  static INDArray value(Map<String, INDArray> table, String key) {
    INDArray array = table.get(key);
    if (array == null) {
      throw new IllegalStateException("a filter layer must have a '" + key + "'");
    }
    return array;
  }
}
