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
  private @Nullable INDArray maps;
  private @Nullable INDArray lossGradient;

  /** What the loss of the last forward pass was computed for; null without labels. */
  private int @Nullable [] lossCategories;

  /** Becomes {@link #logNormalizers} when the step is taken. */
  private @Nullable INDArray next;

  /** What the last step made of each template, for forms whose normalisers are constants. */
  private @Nullable INDArray logNormalizers;

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
      INDArray x, Map<String, INDArray> parameters, boolean training, LayerWorkspaceMgr spaces) {
    Templates shapes = templates(x);
    INDArray flat = flat(x, shapes);
    positions = shapes.positions(flat, settings.getPosition());
    clear();
    loss = 0;
    if (training) {
      maps = spaces.leverageTo(ArrayType.ACTIVATIONS, x);
      int[] categories = settings.getLoss() == FilterLoss.SINGLE_TEMPLATE ? known(x) : null;
      if (categories != null || settings.getLoss() != FilterLoss.SINGLE_TEMPLATE) {
        computeLoss(x, shapes, categories, parameters, spaces);
      }
    }
    INDArray masked = shapes.masks(positions, value(parameters, FilterParameters.SLOPE));
    masked.muli(flat);
    return spaces.leverageTo(ArrayType.ACTIVATIONS, masked.reshape('c', x.shape()));
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
    INDArray masks = shapes.masks(positions, value(parameters, FilterParameters.SLOPE));
    INDArray above = flat(epsilon.dup('c'), shapes);
    if (x == null) {
      return above.muli(masks).reshape('c', epsilon.shape());
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
      INDArray distance = Nd4j.pullRows(shapes.distances(), 1, positions);
      distance.muli(masks.gt(0).castTo(x.dataType())).muli(above).muli(flat(x, shapes));
      value(gradients, FilterParameters.SLOPE)
          .assign(distance.sum(1).reshape('c', x.size(0), x.size(1)).sum(0).negi());
    }
    remember(x, shapes, categories, parameters, gradients);
    INDArray below = above.muli(masks).reshape('c', x.shape());
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
    Normalized normalized = normalized(x, shapes, parameters);
    INDArray scaled = normalized.maps();
    FilterLosses.Result result =
        switch (settings.getLoss()) {
          case MUTUAL_INFORMATION -> FilterLosses.mutualInformation(scaled, shapes);
          case CONSTANT_NORMALIZER -> {
            INDArray last = logNormalizers;
            boolean fits = last != null && last.size(1) == shapes.count();
            yield FilterLosses.constantNormalizer(
                scaled,
                shapes,
                last != null && fits ? last : FilterLosses.logNormalizers(scaled, shapes));
          }
          default -> singleTemplate(scaled, shapes, Objects.requireNonNull(categories), parameters);
        };
    INDArray weights =
        value(parameters, FilterParameters.ACTIVATION)
            .mul(settings.getStrength() / settings.getLoss().contrast);
    next =
        switch (settings.getLoss()) {
          case CONSTANT_NORMALIZER -> FilterLosses.logNormalizers(scaled, shapes).detach();
          case SINGLE_TEMPLATE ->
              FilterLosses.singleTemplateNormalizers(scaled, shapes, positions).detach();
          default -> null;
        };
    lossCategories = categories;
    loss = result.loss().muli(weights).sumNumber().doubleValue();
    int[] peaks =
        settings.getPosition() == MaskPosition.ARGMAX
            ? positions
            : shapes.positions(flat(x, shapes), MaskPosition.ARGMAX);
    INDArray gradient = normalized.below(result.gradient(), peaks);
    gradient.muli(weights.reshape(1, weights.length(), 1, 1));
    lossGradient = spaces.leverageTo(ArrayType.ACTIVATIONS, gradient);
  }

  private Normalized normalized(INDArray x, Templates shapes, Map<String, INDArray> parameters) {
    return Normalized.of(
        x,
        settings.getGain() * settings.getLoss().contrast,
        shapes,
        value(parameters, FilterParameters.ACTIVATION));
  }

  private FilterLosses.Result singleTemplate(
      INDArray x, Templates shapes, int[] categories, Map<String, INDArray> parameters) {
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
    INDArray last = logNormalizers;
    INDArray perFilter =
        last == null ? FilterLosses.singleTemplateNormalizers(x, shapes, positions) : last;
    return FilterLosses.singleTemplate(
        x,
        shapes,
        chosen,
        FilterLosses.perMap(perFilter, shapes, chosen),
        Nd4j.createFromArray(weights).castTo(x.dataType()));
  }

  /** Turns what this step shows of the filters into the difference of the running means. */
  private void remember(
      INDArray x,
      Templates shapes,
      int @Nullable [] categories,
      Map<String, INDArray> parameters,
      Map<String, INDArray> gradients) {
    INDArray peaks = flat(x, shapes).max(1).reshape('c', x.size(0), x.size(1));
    double[] means = peaks.mean(0).toDoubleVector();
    // A maximum may pass over NaN, a sum does not.
    double sum = x.sumNumber().doubleValue();
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
        means);
    if (settings.getCategories() > 0 && categories != null) {
      FilterCategories.move(
          value(parameters, FilterParameters.CATEGORIES),
          value(gradients, FilterParameters.CATEGORIES),
          peaks,
          categories);
    }
  }

  /** A parameter without an updater loses what its "gradient" says. */
  private static void move(INDArray old, INDArray change, double[] seen) {
    for (int i = 0; i < seen.length; i++) {
      change.putScalar(i, FilterCategories.step(old.getDouble(i), seen[i]));
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

  private Templates templates(INDArray x) {
    Templates known = templates;
    if (known == null
        || known.height() != x.size(2)
        || known.width() != x.size(3)
        || known.type() != x.dataType()) {
      known = Templates.of((int) x.size(2), (int) x.size(3), x.dataType());
      templates = known;
    }
    return known;
  }

  /** The maps as rows; not to be modified. */
  private static INDArray flat(INDArray x, Templates shapes) {
    return x.reshape('c', x.size(0) * x.size(1), shapes.cells());
  }

  static INDArray value(Map<String, INDArray> table, String key) {
    INDArray array = table.get(key);
    if (array == null) {
      throw new IllegalStateException("a filter layer must have a '" + key + "'");
    }
    return array;
  }
}
