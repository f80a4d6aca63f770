package dev.interp.bench.paper;

import dev.interp.core.data.Birds;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.disentangle.dissect.Pictures;
import dev.interp.training.filter.InterpretableHead;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The data of the experiments with interpretable filters. */
public final class FilterSets {
  private static final int SIDE = 64;
  private static final Preprocessor SMALL =
      Preprocessor.none().withDivisor(255).withMean(0.5, 0.5, 0.5).withScale(0.25, 0.25, 0.25);

  private FilterSets() {}

  /**
   * Rendered birds of 10 classes, 64 by 64 pixels.
   *
   * @param seed of the birds
   * @param train pictures to train on
   * @param test pictures to measure on
   * @return the data
   */
  public static FilterData birds(long seed, int train, int test) {
    Birds birds = Birds.withDefaults().withSeed(seed).withResolution(SIDE).withSize(train + test);
    List<PartImage> pictures = birds.stream().parallel().toList();
    return new FilterData(
        "birds",
        SMALL.apply(pictures.stream().map(FilterSets::image).toList()),
        pictures.stream().mapToInt(PartImage::label).toArray(),
        birds.classNames(),
        pictures,
        train,
        -1,
        null,
        new long[] {3, SIDE, SIDE});
  }

  /** The birds to be measured on, and how they go into a net that {@link #birds} have trained. */
  static Pictures kept(FilterData birds) {
    return Pictures.of(
        PartDataset.of(
            birds.pictures().subList(birds.train(), birds.size()),
            birds.classes(),
            Birds.withDefaults().partNames()),
        SMALL);
  }

  private static Image image(PartImage picture) {
    return Image.of(
        3, picture.image().height(), picture.image().width(), picture.image().toPlanar());
  }

  /**
   * Preparation that ImageNet nets expect, of pictures of any size.
   *
   * @param side of the net's input
   * @return the preprocessor
   */
  public static Preprocessor imageNet(int side) {
    return Preprocessor.none()
        .withResize(side, side)
        .withDivisor(255)
        .withMean(0.485, 0.456, 0.406)
        .withScale(0.229, 0.224, 0.225);
  }

  /**
   * Features of pictures and of their mirror images, computed once and cached.
   *
   * @param pictures what of
   * @param backbone the network below the head
   * @param tensor of the backbone that the head stands on, or its top convolution
   * @param preprocessor how the backbone takes pictures
   * @param cache an existing folder
   * @param set a name for the pictures and how they were prepared
   * @return {@code [2 · pictures, c, h, w]}: those of the pictures, then those of the mirror images
   * @throws IOException if the cache cannot be read or written
   */
  public static INDArray features(
      List<PartImage> pictures,
      Network backbone,
      String tensor,
      Preprocessor preprocessor,
      Path cache,
      String set)
      throws IOException {
    int count = pictures.size();
    return InterpretableHead.on(backbone, tensor, 2)
        .features(
            cache,
            set,
            2 * count,
            i -> {
              INDArray x = preprocessor.apply(image(pictures.get(i % count)));
              return i < count ? x : mirrored(x);
            });
  }

  private static INDArray mirrored(INDArray x) {
    long width = x.size(3);
    INDArray result = x.dup('c');
    for (long column = 0; column < width; column++) {
      INDArrayIndex[] to = {
        NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.point(column)
      };
      INDArrayIndex[] from = to.clone();
      from[3] = NDArrayIndex.point(width - 1 - column);
      result.put(to, x.get(from));
    }
    return result;
  }

  /**
   * Pictures by class for a small net of their own, 64 by 64 pixels. Of each class the first 60 %
   * are trained on, the rest is measured on.
   *
   * @param name of the data
   * @param pictures with their labels
   * @param classes the names of the classes
   * @return the data
   */
  public static FilterData small(String name, List<PartImage> pictures, List<String> classes) {
    Split split = Split.of(pictures, classes.size(), -1);
    List<PartImage> order =
        Stream.of(split.train(), split.test()).flatMap(List::stream).map(pictures::get).toList();
    return new FilterData(
        name,
        SMALL.withResize(SIDE, SIDE).apply(order.stream().map(FilterSets::image).toList()),
        order.stream().mapToInt(PartImage::label).toArray(),
        classes,
        order,
        split.train().size(),
        -1,
        null,
        new long[] {3, SIDE, SIDE});
  }

  /**
   * Pictures by class for a head on a backbone. Of each class the first 60 % are trained on, with
   * their mirror images, the rest is measured on.
   *
   * @param name of the data
   * @param pictures with their labels
   * @param classes the names of the classes
   * @param features from {@link #features}
   * @param head the recipe
   * @param input the shape of a picture as the backbone takes it
   * @return the data
   */
  public static FilterData classes(
      String name,
      List<PartImage> pictures,
      List<String> classes,
      INDArray features,
      InterpretableHead head,
      long[] input) {
    return onBackbone(name, pictures, classes, -1, features, head, input);
  }

  /**
   * One class against a sample of all others: a net of two classes. As many pictures of the others
   * are taken as the class has, evenly from all.
   *
   * @param name of the data
   * @param pictures with their labels
   * @param classes the names of the classes
   * @param category the class
   * @param features from {@link #features}
   * @param head the recipe, for two classes
   * @param input the shape of a picture as the backbone takes it
   * @return the data; class 0 is the category
   */
  public static FilterData single(
      String name,
      List<PartImage> pictures,
      List<String> classes,
      int category,
      INDArray features,
      InterpretableHead head,
      long[] input) {
    return onBackbone(name, pictures, classes, category, features, head, input);
  }

  /** Rows of pictures, class by class. */
  private record Split(List<Integer> train, List<Integer> test) {
    /**
     * Trains on the first 60 % of each class. Next to a single category, of each other class only
     * one of as many pictures is taken as there are other classes.
     */
    static Split of(List<PartImage> pictures, int classes, int category) {
      Split split = new Split(new ArrayList<>(), new ArrayList<>());
      for (int k = 0; k < classes; k++) {
        int label = k;
        int[] rows =
            IntStream.range(0, pictures.size())
                .filter(i -> pictures.get(i).label() == label)
                .toArray();
        int border = rows.length * 3 / 5;
        int step = category < 0 || k == category ? 1 : classes - 1;
        for (int i = 0; i < rows.length; i++) {
          int inside = i < border ? i : i - border;
          if (inside % step == 1 % step) {
            (i < border ? split.train : split.test).add(rows[i]);
          }
        }
      }
      return split;
    }
  }

  /** All classes, or one against the others. */
  private static FilterData onBackbone(
      String name,
      List<PartImage> pictures,
      List<String> classes,
      int category,
      INDArray features,
      InterpretableHead head,
      long[] input) {
    boolean single = category >= 0;
    Split split = Split.of(pictures, classes.size(), category);
    int[] labels =
        pictures.stream()
            .mapToInt(PartImage::label)
            .map(label -> !single ? label : label == category ? 0 : 1)
            .toArray();
    double size = features.norm2Number().doubleValue() / Math.sqrt((double) features.length());
    // Trained on are pictures and their mirror images, measured on the pictures as they are.
    List<Integer> rows = new ArrayList<>(split.train());
    split.train().forEach(i -> rows.add(i + pictures.size()));
    rows.addAll(split.test());
    int[] order = rows.stream().mapToInt(Integer::intValue).toArray();
    long[] shape = features.shape().clone();
    shape[0] = order.length;
    return new FilterData(
        name,
        Nd4j.pullRows(
                features.reshape('c', features.size(0), features.length() / features.size(0)),
                1,
                order)
            .reshape('c', shape)
            .divi(size),
        Arrays.stream(order).map(i -> labels[i % pictures.size()]).toArray(),
        single ? List.of(classes.get(category), "other") : classes,
        Arrays.stream(order).mapToObj(i -> pictures.get(i % pictures.size())).toList(),
        2 * split.train().size(),
        single ? 0 : -1,
        head.withFeaturesDividedBy(size),
        input);
  }
}
