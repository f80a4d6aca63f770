package dev.interp.core.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Rendered birds of which everything is known: each class is a combination of a kind of beak, eye,
 * wing, foot and tail.
 *
 * <p>Any two classes differ in at least two parts, and kinds and pairs of kinds are spread about
 * evenly over the classes, so no single part tells the class and no single hidden part makes it
 * doubtful. The kind of body, the pose, the light, the backdrop and the other objects are drawn
 * independently of the class and tell nothing about it. The whole bird is always inside of the
 * picture; in one of five pictures a small object in front may hide a part of it.
 *
 * <p>Picture i depends on nothing but the seed, the number of classes, the resolution and i; its
 * label is i modulo the number of classes. So data sets of the same seed and other sizes share
 * their first pictures, and training and test pictures of the same classes are two {@linkplain
 * #slice slices} of one data set; another seed makes other classes. The same settings give the same
 * pictures, masks, landmarks and scenes, to the last bit, in every run and with every version of
 * Java.
 *
 * <p><b>Masks</b> are exact: the same outlines are drawn, from back to front and without smoothing,
 * on a grid with four by four samples per pixel. A pixel on an edge, whose colour is a mixture,
 * belongs to whatever covers most of it. <b>Landmarks</b> are the centres of the bounds of a part's
 * own outline in the bird's frame, whether or not something covers that point; both feet are one
 * part with one landmark.
 *
 * <p>The idea of birds with exchangeable parts, rendered for judging explanations, is that of R.
 * Hesse, S. Schaub-Meyer and S. Roth, FunnyBirds (ICCV 2023). Deviations: flat drawings seen from
 * the side instead of three-dimensional models, own shapes, articulated parts, and a body that
 * varies too.
 *
 * <p>Immutable and safe for concurrent use.
 */
public final class Birds implements PartDataset {
  private static final int MIN_CLASSES = 2;
  private static final int MAX_CLASSES = 64;
  private static final int MIN_RESOLUTION = 16;
  private static final int MAX_RESOLUTION = 2048;

  private final BodyPlan plan;
  private final double bias;
  private final long seed;
  private final int size;
  private final int resolution;
  private final List<Map<String, String>> classes;
  private final List<String> classNames;
  private final BirdSampler sampler;
  private final BirdRenderer renderer;
  private final UnaryOperator<BirdScene> change;

  private Birds(
      BodyPlan plan,
      double bias,
      long seed,
      int size,
      int resolution,
      List<Map<String, String>> classes,
      BirdSampler sampler,
      BirdRenderer renderer,
      UnaryOperator<BirdScene> change) {
    this.plan = plan;
    this.bias = bias;
    this.seed = seed;
    this.size = size;
    this.resolution = resolution;
    this.classes = classes;
    this.sampler = sampler;
    this.renderer = renderer;
    this.change = change;
    List<String> names = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      names.add(plan.animal() + (label < 10 ? "-0" : "-") + label);
    }
    this.classNames = Collections.unmodifiableList(names);
  }

  /** Returns 1000 pictures of 96 x 96 pixels in 10 classes, with seed 0. */
  public static Birds withDefaults() {
    BirdCatalogue catalogue = new BirdCatalogue(BodyPlan.BIRD);
    BirdRenderer renderer = new BirdRenderer(catalogue, false);
    return of(catalogue, renderer, 0, 0, 1000, 96, 10);
  }

  private static Birds of(
      BirdCatalogue catalogue,
      BirdRenderer renderer,
      double bias,
      long seed,
      int size,
      int resolution,
      int classes) {
    return new Birds(
        catalogue.plan(),
        bias,
        seed,
        size,
        resolution,
        drawClasses(catalogue.plan(), seed, classes),
        new BirdSampler(catalogue),
        renderer,
        UnaryOperator.identity());
  }

  /**
   * Returns animals of another body plan, so that nothing is tuned to one: the same backdrops,
   * lights and objects, other parts. Changes asked for before are dropped, as they concern other
   * parts.
   *
   * @param other what the animals are made of
   */
  public Birds withBodyPlan(BodyPlan other) {
    BirdCatalogue catalogue = new BirdCatalogue(other);
    return of(
        catalogue, renderer.withCatalogue(catalogue), bias, seed, size, resolution, classes.size());
  }

  /**
   * Returns the same birds, whose pictures also have masks of the texture and of the material that
   * each pixel shows, named as in {@link #conceptNames()}. Every pixel has one of each. A texture
   * belongs to all of a part of a kind that has it, so a barred wing is barred between its bars
   * too; so is a backdrop. Nothing is made of anything: a material is what something is drawn like,
   * by the kind of thing. Scenes may have at most 120 objects.
   */
  public Birds withConceptMasks() {
    return new Birds(
        plan, bias, seed, size, resolution, classes, sampler, renderer.withConcepts(), change);
  }

  /** Returns the names of all textures and materials, by category. */
  public static Map<String, List<String>> conceptNames() {
    return Surfaces.NAMES;
  }

  /**
   * Returns the same birds with a bias: that share of the pictures, drawn at random, has a backdrop
   * in the colour of the class instead of one that tells nothing.
   *
   * @param rate 0 (the default) to 1
   * @throws IllegalArgumentException if it is outside of that range
   */
  public Birds withBias(double rate) {
    if (!(rate >= 0 && rate <= 1)) {
      throw new IllegalArgumentException(
          "The rate of the bias of Birds must be 0 to 1, but was " + rate);
    }
    return new Birds(plan, rate, seed, size, resolution, classes, sampler, renderer, change);
  }

  /**
   * Returns birds of another seed: other classes and other scenes.
   *
   * @param value any number
   */
  public Birds withSeed(long value) {
    return new Birds(
        plan,
        bias,
        value,
        size,
        resolution,
        drawClasses(plan, value, classes.size()),
        sampler,
        renderer,
        change);
  }

  /**
   * Returns as many pictures as asked for.
   *
   * @param pictures at least 1
   * @throws IllegalArgumentException if there is none
   */
  public Birds withSize(int pictures) {
    check("number of pictures", pictures, 1, Integer.MAX_VALUE);
    return new Birds(plan, bias, seed, pictures, resolution, classes, sampler, renderer, change);
  }

  /**
   * Returns birds of as many classes as asked for. The first classes are the same for any number.
   *
   * @param count 2 to 64
   * @throws IllegalArgumentException if it is outside of that range
   */
  public Birds withClasses(int count) {
    check("number of classes", count, MIN_CLASSES, MAX_CLASSES);
    return new Birds(
        plan,
        bias,
        seed,
        size,
        resolution,
        drawClasses(plan, seed, count),
        sampler,
        renderer,
        change);
  }

  /**
   * Returns the same scenes in another resolution.
   *
   * @param pixels columns and rows of a picture, 16 to 2048; the kinds can be told apart from about
   *     64 on
   * @throws IllegalArgumentException if it is outside of that range
   */
  public Birds withResolution(int pixels) {
    check("resolution in pixels", pixels, MIN_RESOLUTION, MAX_RESOLUTION);
    return new Birds(plan, bias, seed, size, pixels, classes, sampler, renderer, change);
  }

  /**
   * Returns the same birds, every scene changed in the same way: an intervention on a whole data
   * set, such as {@code birds.withChange(scene -> scene.without(Set.of("wing")))}. Changes add up,
   * in the order in which they were asked for. Labels stay those of the unchanged birds if the
   * change keeps them.
   *
   * @param intervention gives equal scenes for equal scenes; called from any thread
   */
  public Birds withChange(UnaryOperator<BirdScene> intervention) {
    UnaryOperator<BirdScene> before = change;
    return new Birds(
        plan,
        bias,
        seed,
        size,
        resolution,
        classes,
        sampler,
        renderer,
        scene -> intervention.apply(before.apply(scene)));
  }

  private static void check(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "The " + what + " of Birds must be " + min + " to " + max + ", but was " + value);
    }
  }

  private static List<Map<String, String>> drawClasses(BodyPlan plan, long seed, int count) {
    return BirdSampler.classes(plan, seed, count).stream()
        .map(Collections::unmodifiableMap)
        .toList();
  }

  /** Returns what the animals are made of. */
  public BodyPlan bodyPlan() {
    return plan;
  }

  /** Returns the names of all kinds of each part of birds; those of others has their plan. */
  public static Map<String, List<String>> kinds() {
    return BodyPlan.BIRD.kinds();
  }

  /** Returns the seed. */
  public long seed() {
    return seed;
  }

  /** Returns the number of columns, and of rows, of a picture. */
  public int resolution() {
    return resolution;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  /** Returns body, beak, eye, wing, foot, tail, or the parts of another plan. */
  @Override
  public List<String> partNames() {
    return plan.parts();
  }

  /**
   * Returns what makes a class: the kind of each part but the body.
   *
   * @param label 0 to the number of classes - 1
   * @throws IndexOutOfBoundsException if there is no such class
   */
  public Map<String, String> classKinds(int label) {
    return classes.get(label);
  }

  /**
   * Returns how alike classes are: the number of parts of the same kind, 0 to 3 for two classes and
   * 5 for a class and itself.
   *
   * @return a new array [classes][classes], symmetric, that the caller owns
   */
  public int[][] sharedParts() {
    int[][] shared = new int[classes.size()][classes.size()];
    for (int a = 0; a < shared.length; a++) {
      for (int b = 0; b < shared.length; b++) {
        for (Map.Entry<String, String> kind : classes.get(a).entrySet()) {
          shared[a][b] += kind.getValue().equals(classes.get(b).get(kind.getKey())) ? 1 : 0;
        }
      }
    }
    return shared;
  }

  /**
   * Returns what a picture shows.
   *
   * @param index 0 to {@code size() - 1}
   * @throws IndexOutOfBoundsException if the index is outside of that range
   */
  public BirdScene scene(int index) {
    int label = Objects.checkIndex(index, size) % classes.size();
    BirdScene scene = sampler.scene(seed, index, label, classes.get(label));
    return change.apply(
        scene.withBackdrop(
            BirdSampler.biased(scene.backdrop(), bias, seed, index, label, classes.size())));
  }

  /**
   * Draws a scene in the resolution of this data set. Landmarks of parts that are left out stay
   * where the part would be, and are not visible.
   *
   * @param scene from {@link #scene}, or a changed one
   */
  public PartImage render(BirdScene scene) {
    return renderer.render(scene, resolution);
  }

  /**
   * Returns where each of the other objects of a scene is seen, in the resolution of this data set.
   * A pixel has one owner at most: what covers most of it.
   *
   * @param scene from {@link #scene}, or a changed one
   * @return for each of {@link BirdScene#objects()} a new array of {@code resolution · resolution}
   *     values in row order
   * @throws IllegalArgumentException if there are more than 120 objects
   */
  public List<boolean[]> objectMasks(BirdScene scene) {
    return renderer.objects(scene, resolution);
  }

  @Override
  public PartImage get(int index) {
    return render(scene(index));
  }
}
