package dev.interp.core.data;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Everything that a picture of a bird, or of another animal, shows. {@link Birds#render(BirdScene)}
 * draws no random numbers, so a scene that differs in one thing gives a picture that differs in
 * that thing only: this is how to intervene.
 *
 * <p>Positions and lengths are fractions of the side of the picture, angles are radians (clockwise,
 * as y points down), colours are 0xRRGGBB. Immutable.
 *
 * @param label the class of the bird; it stays if parts are changed
 * @param kinds the kind of every part, by the name of the part; see {@link BodyPlan#kinds()}
 * @param absent parts that are left out
 * @param pose where the bird is and how it holds itself
 * @param light how the whole picture is lit
 * @param backdrop what is behind everything
 * @param objects other objects, from back to front
 */
public record BirdScene(
    int label,
    Map<String, String> kinds,
    Set<String> absent,
    Pose pose,
    Light light,
    Backdrop backdrop,
    List<SceneObject> objects) {
  /**
   * Copies the collections and checks the names.
   *
   * @throws IllegalArgumentException if a part or a kind has an unknown name or a part has no kind
   */
  public BirdScene {
    BodyPlan plan = BodyPlan.of(kinds);
    Map<String, String> ordered = new LinkedHashMap<>();
    for (String part : plan.parts()) {
      ordered.put(part, plan.checkKind(part, String.valueOf(kinds.get(part))));
    }
    Set<String> left = new LinkedHashSet<>(plan.parts());
    left.retainAll(absent);
    absent.forEach(plan::checkPart);
    kinds = Collections.unmodifiableMap(ordered);
    absent = Collections.unmodifiableSet(left);
    objects = List.copyOf(objects);
  }

  /**
   * Returns this scene with some parts left out, besides those that already are.
   *
   * @param parts names of parts
   * @throws IllegalArgumentException if a name is unknown
   */
  public BirdScene without(Collection<String> parts) {
    Set<String> all = new LinkedHashSet<>(absent);
    all.addAll(parts);
    return new BirdScene(label, kinds, all, pose, light, backdrop, objects);
  }

  /**
   * Returns this scene with another kind of one part.
   *
   * @param part name of the part
   * @param kind one of the kinds of that part in {@link Birds#kinds()}
   * @throws IllegalArgumentException if the part or the kind is unknown
   */
  public BirdScene withKind(String part, String kind) {
    Map<String, String> changed = new LinkedHashMap<>(kinds);
    changed.put(BodyPlan.of(kinds).checkPart(part), kind);
    return new BirdScene(label, changed, absent, pose, light, backdrop, objects);
  }

  /**
   * Returns this scene with other objects.
   *
   * @param others from back to front; may be empty
   */
  public BirdScene withObjects(List<SceneObject> others) {
    return new BirdScene(label, kinds, absent, pose, light, backdrop, others);
  }

  /**
   * Returns this scene with some of the other objects left out.
   *
   * @param indices which of {@link #objects()}
   * @throws IndexOutOfBoundsException if there is no such object
   */
  public BirdScene withoutObjects(Collection<Integer> indices) {
    indices.forEach(index -> Objects.checkIndex(index, objects.size()));
    Set<Integer> gone = Set.copyOf(indices);
    return withObjects(
        IntStream.range(0, objects.size())
            .filter(index -> !gone.contains(index))
            .mapToObj(objects::get)
            .toList());
  }

  /** Returns the bird alone: no other object, and one colour, the backdrop's first, behind it. */
  public BirdScene withoutBackground() {
    Backdrop plain = new Backdrop(Pattern.PLAIN, backdrop.first(), backdrop.first(), 0, 1, 0);
    return withObjects(List.of()).withBackdrop(plain);
  }

  /**
   * Returns this scene in front of another backdrop.
   *
   * @param other what is behind everything
   */
  public BirdScene withBackdrop(Backdrop other) {
    return new BirdScene(label, kinds, absent, pose, light, other, objects);
  }

  /**
   * Returns this scene with the bird at another place or in another posture.
   *
   * @param other where the bird is; it may leave the picture
   */
  public BirdScene withPose(Pose other) {
    return new BirdScene(label, kinds, absent, other, light, backdrop, objects);
  }

  /**
   * Returns this scene in another light.
   *
   * @param other how the whole picture is lit
   */
  public BirdScene withLight(Light other) {
    return new BirdScene(label, kinds, absent, pose, other, backdrop, objects);
  }

  /** What pictures can be varied in, one at a time, to see what a network looks at. */
  public enum Factor {
    /** Place, rotation, side and posture, at the same scale. */
    POSE,
    /** The length of the body. */
    SCALE,
    /** The light. */
    LIGHT,
    /** Backdrop and other objects. */
    STYLE
  }

  /**
   * Returns this scene with one factor as in another scene.
   *
   * @param factor what is taken over
   * @param source where from
   */
  public BirdScene with(Factor factor, BirdScene source) {
    return switch (factor) {
      case POSE -> withPose(source.pose.withScale(pose.scale()));
      case SCALE -> withPose(pose.withScale(source.pose.scale()));
      case LIGHT -> withLight(source.light);
      case STYLE -> withBackdrop(source.backdrop).withObjects(source.objects);
    };
  }

  /**
   * Where the bird is and how it holds itself.
   *
   * @param x centre of the body
   * @param y centre of the body
   * @param scale length of the body from rump to forehead
   * @param rotation of the whole bird
   * @param flipped whether it looks to the left
   * @param beak angle of the beak against its usual place
   * @param wing angle of the wing, or of the side fin of a fish, against its usual place
   * @param foot angle of the legs against their usual place
   * @param tail angle of the tail against its usual place
   */
  public record Pose(
      double x,
      double y,
      double scale,
      double rotation,
      boolean flipped,
      double beak,
      double wing,
      double foot,
      double tail) {

    /**
     * The same at another scale, which may let it leave the picture.
     *
     * @param other length of the body from rump to forehead
     * @return a copy
     */
    public Pose withScale(double other) {
      return new Pose(x, y, other, rotation, flipped, beak, wing, foot, tail);
    }
  }

  /**
   * How the whole picture is lit: each channel is multiplied by brightness, tint and a slope across
   * the picture.
   *
   * @param brightness factor of all channels, 1 for unchanged
   * @param red factor of the red channel
   * @param green factor of the green channel
   * @param blue factor of the blue channel
   * @param slope how much brighter than the centre the picture is half a side towards the light
   * @param direction of the light
   */
  public record Light(
      double brightness, double red, double green, double blue, double slope, double direction) {}

  /** The pattern of a backdrop, a mixture of two colours. */
  public enum Pattern {
    /** The first colour only. */
    PLAIN,
    /** From the first colour to the second across the picture. */
    GRADIENT,
    /** Soft stripes. */
    STRIPES,
    /** Soft spots of random shape. */
    MOTTLED,
    /** The second colour below a wavy line. */
    HILLS
  }

  /**
   * What is behind everything.
   *
   * @param pattern how the two colours are mixed
   * @param first a colour
   * @param second another colour
   * @param angle direction of gradient or stripes, phase of hills
   * @param size width of a stripe or a spot, height of the hills above the lower edge
   * @param texture chooses the spots
   */
  public record Backdrop(
      Pattern pattern, int first, int second, double angle, double size, int texture) {}

  /** The shape of an object that is not part of the bird. */
  public enum Thing {
    /** A round ball. */
    BALL,
    /** A leaf with its veins. */
    LEAF,
    /** A forked stick. */
    STICK,
    /** A cloud. */
    CLOUD,
    /** A stone. */
    STONE,
    /** A tuft of grass. */
    GRASS
  }

  /**
   * An object that is not part of the bird.
   *
   * @param thing its shape
   * @param x its centre
   * @param y its centre
   * @param size about half its width
   * @param rotation its angle
   * @param rgb its colour
   * @param inFront whether it may cover the bird
   */
  public record SceneObject(
      Thing thing, double x, double y, double size, double rotation, int rgb, boolean inFront) {}
}
