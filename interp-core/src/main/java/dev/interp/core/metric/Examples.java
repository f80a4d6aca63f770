package dev.interp.core.metric;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.metric.MetricInfo.Need;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What metrics judge: pictures, the class that is explained in each, and what was said about them.
 *
 * <p>An attribution is judged as one value per pixel: its channels are summed with their signs, and
 * a map that is coarser than the picture (a class activation map) is interpolated linearly between
 * the centres of its cells to the picture's size.
 *
 * <p>Immutable; {@code withX} returns a copy. Arrays given are not copied and must not change.
 */
public final class Examples {
  private final Network network;
  private final INDArray x;
  private final int[] classes;
  private final @Nullable INDArray values;
  private final double @Nullable [][] maps;
  private final @Nullable Attributor attributor;
  private final @Nullable List<boolean[]> masks;
  private final @Nullable Examples others;
  private final WorkClock clock;

  private Examples(
      Network network,
      INDArray x,
      int[] classes,
      @Nullable INDArray values,
      double @Nullable [][] maps,
      @Nullable Attributor attributor,
      @Nullable List<boolean[]> masks,
      @Nullable Examples others,
      WorkClock clock) {
    this.network = network;
    this.x = x;
    this.classes = classes;
    this.values = values;
    this.maps = maps;
    this.attributor = attributor;
    this.masks = masks;
    this.others = others;
    this.clock = clock;
  }

  /**
   * Pictures without anything said about them.
   *
   * @param network the network that is explained
   * @param x {@code [N, C, H, W]}, preprocessed as the network expects; not modified
   * @param classes the class explained in each picture, one per picture
   * @return the examples
   * @throws IllegalArgumentException if the pictures or classes do not fit the network
   */
  public static Examples of(Network network, INDArray x, int... classes) {
    network.checkInput(x);
    if (x.rank() != 4) {
      throw new IllegalArgumentException(
          "metrics need pictures [N, C, H, W], was " + Arrays.toString(x.shape()));
    }
    if (classes.length != x.size(0)) {
      throw new IllegalArgumentException(
          "there must be one class per picture (" + x.size(0) + "), was " + classes.length);
    }
    Target.ofClasses(classes).check(network, x.size(0));
    return new Examples(
        network,
        outside(() -> x.castTo(network.precision())),
        classes.clone(),
        null,
        null,
        null,
        null,
        null,
        new WorkClock());
  }

  /**
   * The same pictures with an attribution for each.
   *
   * @param attribution {@code [N, C, H, W]}, {@code [N, 1, H, W]}, or {@code [N, K, h, w]} of a
   *     layer, all finite; not modified
   * @return a copy
   * @throws IllegalArgumentException if the shape does not fit or a value is NaN or infinite
   */
  public Examples withAttribution(INDArray attribution) {
    if (attribution.rank() != 4 || attribution.size(0) != size()) {
      throw new IllegalArgumentException(
          "the attribution must be ["
              + size()
              + ", channels, height, width], was "
              + Arrays.toString(attribution.shape()));
    }
    return new Examples(
        network,
        x,
        classes,
        attribution,
        outside(() -> PixelMaps.of(attribution, height(), width())),
        attributor,
        masks,
        others,
        clock);
  }

  /**
   * The same pictures with the method that made the attributions.
   *
   * @param method explains changed pictures and networks
   * @return a copy
   */
  public Examples withAttributor(Attributor method) {
    return new Examples(network, x, classes, values, maps, method, masks, others, clock);
  }

  /**
   * The same pictures with the pixels of their objects.
   *
   * @param objects for each picture {@code H · W} values in row order, true on the object; not
   *     copied
   * @return a copy
   * @throws IllegalArgumentException if there is not one per picture or a size does not fit
   */
  public Examples withMasks(List<boolean[]> objects) {
    if (objects.size() != size() || objects.stream().anyMatch(m -> m.length != pixels())) {
      throw new IllegalArgumentException(
          "there must be one mask of "
              + height()
              + " x "
              + width()
              + " pixels for each of "
              + size()
              + " pictures, was "
              + objects.stream().map(m -> m.length).toList()
              + "; was the picture resized without its mask?");
    }
    return new Examples(
        network, x, classes, values, maps, attributor, List.copyOf(objects), others, clock);
  }

  /**
   * The same pictures beside others of the same network, with which some metrics compare them.
   *
   * @param more pictures of several classes; may hold the pictures themselves
   * @return a copy
   */
  public Examples withOthers(Examples more) {
    return new Examples(network, x, classes, values, maps, attributor, masks, more, clock);
  }

  /**
   * The same pictures with a clock for the time that metrics wait for network and method.
   *
   * @param workClock adds the time up
   * @return a copy
   */
  public Examples withClock(WorkClock workClock) {
    return new Examples(network, x, classes, values, maps, attributor, masks, others, workClock);
  }

  /**
   * Some of the pictures, with all that belongs to them.
   *
   * @param from index of the first
   * @param to index behind the last
   * @return the pictures from one index to the other
   * @throws IndexOutOfBoundsException if the range is empty or leaves the pictures
   */
  public Examples slice(int from, int to) {
    if (from < 0 || to > size() || from >= to) {
      throw new IndexOutOfBoundsException(
          "the range must lie in [0, " + size() + "] and not be empty, was " + from + " to " + to);
    }
    return new Examples(
        network,
        outside(() -> rows(x, from, to)),
        Arrays.copyOfRange(classes, from, to),
        values == null ? null : rows(values, from, to),
        maps == null ? null : Arrays.copyOfRange(maps, from, to),
        attributor,
        masks == null ? null : masks.subList(from, to),
        others,
        clock);
  }

  private static INDArray rows(INDArray array, int from, int to) {
    return array
        .get(
            NDArrayIndex.interval(from, to),
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.all())
        .dup('c');
  }

  /**
   * The number of pictures.
   *
   * @return N
   */
  public int size() {
    return classes.length;
  }

  /**
   * The network that is explained.
   *
   * @return the network
   */
  public Network network() {
    return network;
  }

  /**
   * The pictures in the network's precision.
   *
   * @return {@code [N, C, H, W]}; not to be modified
   */
  public INDArray x() {
    return x;
  }

  /**
   * The class explained in each picture.
   *
   * @return zero-based, a copy
   */
  public int[] classes() {
    return classes.clone();
  }

  /**
   * The attribution of a picture, one value per pixel.
   *
   * @param i the picture
   * @return {@code H · W} values in row order, a copy
   * @throws IllegalStateException if there is no attribution
   */
  public double[] map(int i) {
    return present(maps)[i].clone();
  }

  int channels() {
    return (int) x.size(1);
  }

  int height() {
    return (int) x.size(2);
  }

  int width() {
    return (int) x.size(3);
  }

  int pixels() {
    return height() * width();
  }

  int classOf(int i) {
    return classes[i];
  }

  /** Not to be modified. */
  double[][] maps() {
    return present(maps);
  }

  INDArray values() {
    return present(values);
  }

  boolean[] mask(int i) {
    return present(masks).get(i);
  }

  Examples others() {
    return present(others);
  }

  WorkClock clock() {
    return clock;
  }

  /** Explains other pictures or another network with the same method, one value per pixel. */
  double[][] explain(Network other, INDArray pictures, int[] of) {
    Attributor method = present(attributor);
    Attribution attribution =
        clock.time(() -> method.attribute(other, pictures, Target.ofClasses(of)));
    return outside(
        () -> PixelMaps.of(attribution.values(), (int) pictures.size(2), (int) pictures.size(3)));
  }

  /** Refuses what a metric cannot judge, before any work. */
  void check(MetricInfo metric) {
    Set<Need> needs = metric.needs();
    List<String> missing = new ArrayList<>();
    for (Need need : needs) {
      boolean there =
          switch (need) {
            case ATTRIBUTION -> maps != null;
            case ATTRIBUTOR -> attributor != null;
            case MASK -> masks != null;
            case OTHERS -> others != null;
          };
      if (!there) {
        missing.add(need.remedy());
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "the metric " + metric.id() + " needs " + String.join(", and ", missing));
    }
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("not given: a metric must declare what it needs");
    }
    return value;
  }

  /** Keeps arrays out of a workspace that the caller may have open. */
  static <T> T outside(java.util.function.Supplier<T> work) {
    try (MemoryWorkspace scope = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return work.get();
    }
  }
}
