package dev.interp.bench.paper;

import dev.interp.core.data.Birds;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.RgbImage;
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
import java.util.Random;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The data of the experiments with interpretable filters. */
public final class FilterSets {
  private static final int SIDE = 64;
  private static final Preprocessor SMALL =
      Preprocessor.none().withDivisor(255).withMean(0.5, 0.5, 0.5).withScale(0.25, 0.25, 0.25);

  /** One of so many pictures is measured on. */
  private static final int KEPT = 4;

  private static final int CROPS = 2;

  /** How often a picture is trained on a head: as it is, mirrored, and parts of it. */
  static final int VIEWS = 2 + CROPS;

  private static final double LEAST = 0.6;

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
   * Features of views of pictures, computed once and cached: of the pictures, of their mirror
   * images, and of {@value #CROPS} parts of each that hold at least {@value #LEAST} of its area, by
   * chance mirrored.
   *
   * @param pictures what of
   * @param backbone the network below the head
   * @param tensor of the backbone that the head stands on, or its top convolution
   * @param preprocessor how the backbone takes pictures
   * @param cache an existing folder
   * @param set a name for the pictures and how they were prepared
   * @return {@code [views · pictures, c, h, w]}: those of the pictures, then those of the mirror
   *     images, then those of the first parts, and so on
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
            set + "-" + VIEWS + "views",
            VIEWS * count,
            i -> preprocessor.apply(view(pictures.get(i % count).image(), i / count, i)));
  }

  private static Image view(RgbImage picture, int view, long seed) {
    Random random = new Random(seed);
    double scale = view < 2 ? 1 : Math.sqrt(LEAST + (1 - LEAST) * random.nextDouble());
    boolean mirror = view < 2 ? view == 1 : random.nextBoolean();
    int width = (int) Math.round(picture.width() * scale);
    int height = (int) Math.round(picture.height() * scale);
    int left = random.nextInt(picture.width() - width + 1);
    int top = random.nextInt(picture.height() - height + 1);
    RgbImage part = RgbImage.of(picture.toBufferedImage().getSubimage(left, top, width, height));
    RgbImage seen = mirror ? part.mirrored() : part;
    return Image.of(3, height, width, seen.toPlanar());
  }

  /**
   * Pictures by class for a small net of their own, 64 by 64 pixels. Of each class every fourth is
   * measured on, the others are trained on.
   *
   * @param name of the data
   * @param pictures with their labels
   * @param classes the names of the classes
   * @param seed says which of four pictures is measured on
   * @return the data
   */
  public static FilterData small(
      String name, List<PartImage> pictures, List<String> classes, long seed) {
    Split split = Split.of(pictures, classes.size(), seed);
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
   * Pictures by class for a head on a backbone. Of each class every fourth is measured on as it is,
   * all views of the others are trained on.
   *
   * @param name of the data
   * @param pictures with their labels
   * @param classes the names of the classes
   * @param features from {@link #features}
   * @param head the recipe
   * @param input the shape of a picture as the backbone takes it
   * @param seed says which of four pictures is measured on
   * @return the data
   */
  public static FilterData classes(
      String name,
      List<PartImage> pictures,
      List<String> classes,
      INDArray features,
      InterpretableHead head,
      long[] input,
      long seed) {
    return onBackbone(name, pictures, classes, -1, features, head, input, seed);
  }

  /**
   * One class against all others: a net of two classes.
   *
   * @param name of the data
   * @param pictures with their labels
   * @param classes the names of the classes
   * @param category the class
   * @param features from {@link #features}
   * @param head the recipe, for two classes
   * @param input the shape of a picture as the backbone takes it
   * @param seed says which of four pictures is measured on
   * @return the data; class 0 is the category
   */
  public static FilterData single(
      String name,
      List<PartImage> pictures,
      List<String> classes,
      int category,
      INDArray features,
      InterpretableHead head,
      long[] input,
      long seed) {
    return onBackbone(name, pictures, classes, category, features, head, input, seed);
  }

  /** Rows of pictures. */
  private record Split(List<Integer> train, List<Integer> test) {
    /** Which of four pictures of a class is kept back goes round with the seed. */
    static Split of(List<PartImage> pictures, int classes, long seed) {
      Split split = new Split(new ArrayList<>(), new ArrayList<>());
      long kept = Math.floorMod(-seed, KEPT);
      int[] seen = new int[classes];
      for (int i = 0; i < pictures.size(); i++) {
        int label = pictures.get(i).label();
        (seen[label]++ % KEPT == kept ? split.test : split.train).add(i);
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
      long[] input,
      long seed) {
    boolean single = category >= 0;
    Split split = Split.of(pictures, classes.size(), seed);
    int[] labels =
        pictures.stream()
            .mapToInt(PartImage::label)
            .map(label -> !single ? label : label == category ? 0 : 1)
            .toArray();
    double size = features.norm2Number().doubleValue() / Math.sqrt((double) features.length());
    List<Integer> rows = new ArrayList<>();
    for (int view = 0; view < VIEWS; view++) {
      int first = view * pictures.size();
      split.train().forEach(i -> rows.add(first + i));
    }
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
        VIEWS * split.train().size(),
        single ? 0 : -1,
        head.withFeaturesDividedBy(size),
        input);
  }
}
