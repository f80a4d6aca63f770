package dev.interp.core.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  BirdRenderer(BirdCatalogue catalogue) {
    this.catalogue = catalogue;
    this.parts = catalogue.plan().parts();
    this.other = parts.size() + 1;
  }

  PartImage render(BirdScene scene, int side) {
    check(scene);
    PartMask mask = PartMask.of(side, side, parts, owners(scene, side, false));
    return new PartImage(
        RgbImage.wrap(side, side, pixels(scene, side)),
        scene.label(),
        mask.box(),
        landmarks(scene, side, mask),
        Optional.of(mask),
        scene.kinds());
  }

  List<boolean[]> objects(BirdScene scene, int side) {
    check(scene);
    int count = scene.objects().size();
    int most = Byte.MAX_VALUE - other; // what a byte can tell apart
    if (count > most) {
      throw new IllegalArgumentException(
          "A scene of which objects are told apart may have at most "
              + most
              + " of them, but has "
              + count);
    }
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
    BufferedImage canvas = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    int[] pixels = ((DataBufferInt) canvas.getRaster().getDataBuffer()).getData();
    Backdrops.paint(scene.backdrop(), side, pixels);
    Graphics2D g = graphics(canvas, true);
    try {
      paintObjects(g, scene, side, false);
      AffineTransform bird = birdToImage(scene.pose(), side);
      for (String part : catalogue.plan().paintOrder()) {
        if (!scene.absent().contains(part)) {
          g.setTransform(place(bird, part, scene.pose()));
          for (BirdCatalogue.Patch patch : kind(scene, part).patches()) {
            g.setPaint(patch.paint());
            g.fill(patch.shape());
          }
        }
      }
      paintObjects(g, scene, side, true);
    } finally {
      g.dispose();
    }
    light(scene.light(), side, pixels);
    return pixels;
  }

  private void paintObjects(Graphics2D g, BirdScene scene, int side, boolean inFront) {
    for (BirdScene.SceneObject object : scene.objects()) {
      if (object.inFront() == inFront) {
        g.setTransform(objectToImage(object, side));
        for (BirdCatalogue.Shade shade : catalogue.thing(object.thing()).shades()) {
          g.setPaint(BirdCatalogue.shade(object.rgb(), shade.factor()));
          g.fill(shade.shape());
        }
      }
    }
  }

  /**
   * Draws the silhouettes, each in the colour of its number, on a grid finer than the picture and
   * without smoothing; the owner of a pixel is the number that most of its samples show. Objects
   * that are no parts share a number, or have one each.
   */
  private byte[] owners(BirdScene scene, int side, boolean apart) {
    int fine = side * SAMPLES;
    BufferedImage canvas = new BufferedImage(fine, fine, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = graphics(canvas, false);
    try {
      markObjects(g, scene, fine, false, apart);
      AffineTransform bird = birdToImage(scene.pose(), fine);
      for (String part : catalogue.plan().paintOrder()) {
        if (!scene.absent().contains(part)) {
          g.setTransform(place(bird, part, scene.pose()));
          g.setPaint(new Color(parts.indexOf(part) + 1));
          g.fill(kind(scene, part).silhouette());
        }
      }
      markObjects(g, scene, fine, true, apart);
    } finally {
      g.dispose();
    }
    int ids = other + (apart ? Math.max(1, scene.objects().size()) : 1);
    return majority(((DataBufferInt) canvas.getRaster().getDataBuffer()).getData(), side, ids);
  }

  private void markObjects(
      Graphics2D g, BirdScene scene, int fine, boolean inFront, boolean apart) {
    for (int i = 0; i < scene.objects().size(); i++) {
      BirdScene.SceneObject object = scene.objects().get(i);
      if (object.inFront() == inFront) {
        g.setPaint(new Color(other + (apart ? i : 0)));
        g.setTransform(objectToImage(object, fine));
        g.fill(catalogue.thing(object.thing()).silhouette());
      }
    }
  }

  /** A tie goes to the smaller number, so that parts come before other objects. */
  private static byte[] majority(int[] samples, int side, int ids) {
    byte[] owners = new byte[side * side];
    int fine = side * SAMPLES;
    int[] votes = new int[ids];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int corner = y * SAMPLES * fine + x * SAMPLES;
        int first = samples[corner] & 0xFF;
        boolean mixed = false;
        for (int dy = 0; dy < SAMPLES; dy++) {
          for (int dx = 0; dx < SAMPLES; dx++) {
            int id = samples[corner + dy * fine + dx] & 0xFF;
            mixed |= id != first;
            votes[id]++;
          }
        }
        int winner = first;
        if (mixed) {
          winner = 0;
          for (int id = 1; id < ids; id++) {
            winner = votes[id] > votes[winner] ? id : winner;
          }
          Arrays.fill(votes, 0);
        } else {
          votes[first] = 0;
        }
        owners[y * side + x] = (byte) winner;
      }
    }
    return owners;
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

  private static Graphics2D graphics(BufferedImage canvas, boolean smooth) {
    Graphics2D g = canvas.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_ANTIALIASING,
        smooth ? RenderingHints.VALUE_ANTIALIAS_ON : RenderingHints.VALUE_ANTIALIAS_OFF);
    // Without this hint coordinates are moved to pixel centres, by different amounts in picture and
    // mask.
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setRenderingHint(RenderingHints.KEY_RENDERING, RenderingHints.VALUE_RENDER_QUALITY);
    g.setRenderingHint(RenderingHints.KEY_DITHERING, RenderingHints.VALUE_DITHER_DISABLE);
    return g;
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
