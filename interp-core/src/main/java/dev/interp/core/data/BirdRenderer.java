package dev.interp.core.data;

import java.awt.geom.AffineTransform;
import java.awt.geom.Point2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Draws scenes. Holds shapes only, which are never written to, so any number of threads may draw at
 * a time.
 */
final class BirdRenderer {
  /** Samples of the mask per pixel and axis. */
  private static final int SAMPLES = 4;

  private final BirdCatalogue catalogue;
  private final List<String> parts;

  /** The number of what is no part. */
  private final int other;

  /** Whether pictures have masks of textures and materials too. */
  private final boolean concepts;

  BirdRenderer(BirdCatalogue catalogue, boolean concepts) {
    this.catalogue = catalogue;
    this.concepts = concepts;
    this.parts = catalogue.plan().parts();
    this.other = parts.size() + 1;
  }

  PartImage render(BirdScene scene, int side) {
    check(scene);
    byte[] things = owners(scene, side, concepts);
    byte[] owners = things.clone();
    for (int p = 0; p < owners.length; p++) {
      owners[p] = (byte) Math.min(owners[p], other);
    }
    PartMask mask = PartMask.of(side, side, parts, owners);
    return new PartImage(
        RgbImage.wrap(side, side, pixels(scene, side)),
        scene.label(),
        mask.box(),
        landmarks(scene, side, mask),
        Optional.of(mask),
        scene.kinds(),
        concepts ? concepts(scene, side, things) : Map.of());
  }

  BirdRenderer withConcepts() {
    return new BirdRenderer(catalogue, true);
  }

  BirdRenderer withCatalogue(BirdCatalogue drawn) {
    return new BirdRenderer(drawn, concepts);
  }

  private Map<String, PartMask> concepts(BirdScene scene, int side, byte[] things) {
    List<Surfaces.Surface> surfaces = new ArrayList<>();
    surfaces.add(Surfaces.of(scene.backdrop().pattern()));
    for (String part : parts) {
      surfaces.add(Surfaces.of(catalogue.plan(), part, String.valueOf(scene.kinds().get(part))));
    }
    scene.objects().forEach(object -> surfaces.add(Surfaces.of(object.thing())));
    Map<String, PartMask> masks = new LinkedHashMap<>();
    Surfaces.NAMES.forEach(
        (category, names) -> {
          byte[] shown = new byte[things.length];
          for (int p = 0; p < shown.length; p++) {
            shown[p] = (byte) (names.indexOf(surfaces.get(things[p]).of(category)) + 1);
          }
          masks.put(category, PartMask.of(side, side, names, shown));
        });
    return masks;
  }

  List<boolean[]> objects(BirdScene scene, int side) {
    check(scene);
    int count = scene.objects().size();
    byte[] owners = owners(scene, side, true);
    List<boolean[]> masks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean[] mask = new boolean[owners.length];
      for (int p = 0; p < mask.length; p++) {
        mask[p] = owners[p] == other + i;
      }
      masks.add(mask);
    }
    return masks;
  }

  private void check(BirdScene scene) {
    if (BodyPlan.of(scene.kinds()) != catalogue.plan()) {
      throw new IllegalArgumentException(
          "A scene with a "
              + BodyPlan.of(scene.kinds()).animal()
              + " must be rendered by birds of that body plan, was "
              + catalogue.plan());
    }
  }

  private int[] pixels(BirdScene scene, int side) {
    SmoothCanvas canvas = new SmoothCanvas(side);
    Backdrops.paint(scene.backdrop(), side, canvas.pixels());
    paint(scene, side, canvas, false);
    light(scene.light(), side, canvas.pixels());
    return canvas.pixels();
  }

  /**
   * The owner of a pixel is what most of its samples show: the backdrop, a part or the objects,
   * which share a number or have one each.
   */
  private byte[] owners(BirdScene scene, int side, boolean apart) {
    int count = scene.objects().size();
    int most = Byte.MAX_VALUE - other; // what a byte can tell apart
    if (apart && count > most) {
      throw new IllegalArgumentException(
          "A scene of which objects are told apart may have at most "
              + most
              + " of them, but has "
              + count);
    }
    SampleCanvas canvas = new SampleCanvas(side, SAMPLES);
    paint(scene, side, canvas, apart);
    int ids = other + (apart ? Math.max(1, count) : 1);
    return majority(canvas.samples(), side, ids);
  }

  /** What a scene is painted on, from back to front. */
  interface Canvas {
    /** Fills a region with ink, or with the number of what it belongs to. */
    void fill(Region region, AffineTransform toImage, BirdCatalogue.Ink ink, int id);
  }

  /** Objects that are no parts share a number, or have one each. */
  private void paint(BirdScene scene, int side, Canvas canvas, boolean apart) {
    paintObjects(scene, side, canvas, apart, false);
    AffineTransform bird = birdToImage(scene.pose(), side);
    for (String part : catalogue.plan().paintOrder()) {
      if (!scene.absent().contains(part)) {
        AffineTransform place = place(bird, part, scene.pose());
        for (BirdCatalogue.Patch patch : kind(scene, part).patches()) {
          canvas.fill(patch.region(), place, patch.ink(), parts.indexOf(part) + 1);
        }
      }
    }
    paintObjects(scene, side, canvas, apart, true);
  }

  private void paintObjects(
      BirdScene scene, int side, Canvas canvas, boolean apart, boolean inFront) {
    for (int i = 0; i < scene.objects().size(); i++) {
      BirdScene.SceneObject object = scene.objects().get(i);
      if (object.inFront() == inFront) {
        AffineTransform place = objectToImage(object, side);
        for (BirdCatalogue.Shade shade : catalogue.thing(object.thing())) {
          BirdCatalogue.Ink ink =
              BirdCatalogue.Ink.of(BirdCatalogue.shade(object.rgb(), shade.factor()));
          canvas.fill(shade.region(), place, ink, other + (apart ? i : 0));
        }
      }
    }
  }

  /** A tie goes to the smaller number, so that parts come before other objects. */
  private byte[] majority(byte[] samples, int side, int ids) {
    byte[] owners = new byte[side * side];
    int fine = side * SAMPLES;
    int[] votes = new int[ids];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int corner = y * SAMPLES * fine + x * SAMPLES;
        int winner = samples[corner];
        if (isMixed(samples, corner, fine)) {
          for (int dy = 0; dy < SAMPLES; dy++) {
            for (int dx = 0; dx < SAMPLES; dx++) {
              votes[samples[corner + dy * fine + dx]]++;
            }
          }
          winner = most(votes, 0, other);
          int object = most(votes, other, ids);
          int objects = Arrays.stream(votes, other, ids).sum();
          winner = objects > votes[winner] ? object : winner;
          Arrays.fill(votes, 0);
        }
        owners[y * side + x] = (byte) winner;
      }
    }
    return owners;
  }

  private static boolean isMixed(byte[] samples, int corner, int fine) {
    byte first = samples[corner];
    int different = 0;
    for (int dy = 0; dy < SAMPLES; dy++) {
      int row = corner + dy * fine;
      for (int dx = 0; dx < SAMPLES; dx++) {
        different |= samples[row + dx] ^ first;
      }
    }
    return different != 0;
  }

  private static int most(int[] votes, int from, int to) {
    int winner = from;
    for (int id = from + 1; id < to; id++) {
      winner = votes[id] > votes[winner] ? id : winner;
    }
    return winner;
  }

  private List<Landmark> landmarks(BirdScene scene, int side, PartMask mask) {
    AffineTransform bird = birdToImage(scene.pose(), side);
    List<Landmark> landmarks = new ArrayList<>();
    for (String part : parts) {
      BirdCatalogue.Kind kind = kind(scene, part);
      Point2D centre = new Point2D.Double(kind.centreX(), kind.centreY());
      place(bird, part, scene.pose()).transform(centre, centre);
      landmarks.add(new Landmark(part, centre.getX(), centre.getY(), mask.pixels(part) > 0));
    }
    return landmarks;
  }

  private BirdCatalogue.Kind kind(BirdScene scene, String part) {
    return catalogue.kind(part, String.valueOf(scene.kinds().get(part)));
  }

  static AffineTransform birdToImage(BirdScene.Pose pose, double side) {
    double scale = pose.scale() * side / BirdCatalogue.BODY_LENGTH;
    AffineTransform transform =
        AffineTransform.getTranslateInstance(pose.x() * side, pose.y() * side);
    transform.concatenate(rotation(pose.rotation()));
    transform.scale(pose.flipped() ? -scale : scale, scale);
    return transform;
  }

  /** As {@link AffineTransform#getRotateInstance(double)}, whose sine depends on the machine. */
  static AffineTransform rotation(double angle) {
    double sin = StrictMath.sin(angle);
    double cos = StrictMath.cos(angle);
    return new AffineTransform(cos, sin, -sin, cos, 0, 0);
  }

  private AffineTransform place(AffineTransform bird, String part, BirdScene.Pose pose) {
    AffineTransform transform = new AffineTransform(bird);
    transform.concatenate(catalogue.attach(part, pose));
    return transform;
  }

  private static AffineTransform objectToImage(BirdScene.SceneObject object, double side) {
    AffineTransform transform =
        AffineTransform.getTranslateInstance(object.x() * side, object.y() * side);
    transform.concatenate(rotation(object.rotation()));
    transform.scale(object.size() * side, object.size() * side);
    return transform;
  }

  private static void light(BirdScene.Light light, int side, int[] pixels) {
    double dx = StrictMath.cos(light.direction()) * light.slope() * 2 / side;
    double dy = StrictMath.sin(light.direction()) * light.slope() * 2 / side;
    double centre = 0.5 * side;
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        double factor =
            light.brightness() * (1 + (x + 0.5 - centre) * dx + (y + 0.5 - centre) * dy);
        int rgb = pixels[y * side + x];
        pixels[y * side + x] =
            channel((rgb >> 16 & 0xFF) * factor * light.red()) << 16
                | channel((rgb >> 8 & 0xFF) * factor * light.green()) << 8
                | channel((rgb & 0xFF) * factor * light.blue());
      }
    }
  }

  private static int channel(double value) {
    return value <= 0 ? 0 : value >= 255 ? 255 : (int) (value + 0.5);
  }
}
