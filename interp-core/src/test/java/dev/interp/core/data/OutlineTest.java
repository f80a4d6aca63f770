package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.PathIterator;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What own outlines cover, against hand-solved areas and against the outlines of java.awt. */
class OutlineTest {
  private static final String LEAF = "M 8 40 C 10 -10 60 0 50 30 Q 56 52 30 44 L 30 30 Z";
  private static final AffineTransform IDENTITY = new AffineTransform();

  @Test
  void a_pixel_takes_as_much_ink_as_is_covered_of_it() {
    SmoothCanvas canvas = new SmoothCanvas(4);
    Outline box = Outline.path("M 0.25 1 L 2.5 1 L 2.5 2.5 L 0.25 2.5 Z");
    canvas.fill(region(box), IDENTITY, BirdCatalogue.Ink.of(200), 1);
    assertThat(canvas.pixels())
        .containsExactly(0, 0, 0, 0, 150, 200, 100, 0, 75, 100, 50, 0, 0, 0, 0, 0);
  }

  @Test
  void a_sample_counts_if_its_middle_is_inside() {
    SampleCanvas canvas = new SampleCanvas(2, 2);
    Outline box = Outline.path("M 0.2 0.3 L 1.3 0.3 L 1.3 1.2 L 0.2 1.2 Z");
    canvas.fill(region(box), IDENTITY, BirdCatalogue.Ink.of(0), 7);
    assertThat(canvas.samples()).containsExactly(0, 0, 0, 0, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void a_gradient_goes_from_one_height_to_the_other_in_the_frame_of_the_part() {
    SmoothCanvas canvas = new SmoothCanvas(4);
    AffineTransform halved = AffineTransform.getScaleInstance(0.5, 0.5);
    Outline all = Outline.path("M 0 0 L 8 0 L 8 8 L 0 8 Z");
    canvas.fill(region(all), halved, new BirdCatalogue.Ink(0, 100, 2, 6), 1);
    assertThat(canvas.pixels())
        .containsExactly(0, 0, 0, 0, 25, 25, 25, 25, 75, 75, 75, 75, 100, 100, 100, 100);
  }

  @Test
  void several_outlines_keep_what_lies_inside_of_all() {
    SmoothCanvas canvas = new SmoothCanvas(3);
    Outline left = Outline.path("M 0 0 L 2 0 L 2 3 L 0 3 Z");
    Outline right = Outline.path("M 3 1 L 1 1 L 1 2 L 3 2 Z");
    canvas.fill(new Region(List.of(left, right)), IDENTITY, BirdCatalogue.Ink.of(9), 1);
    assertThat(canvas.pixels()).containsExactly(0, 0, 0, 0, 9, 0, 0, 0, 0);
  }

  @Test
  void what_leaves_the_picture_is_cut_off() {
    SmoothCanvas canvas = new SmoothCanvas(2);
    canvas.fill(region(Outline.disc(1, 1, 50)), IDENTITY, BirdCatalogue.Ink.of(5), 1);
    canvas.fill(region(Outline.disc(90, 1, 50)), IDENTITY, BirdCatalogue.Ink.of(6), 1);
    canvas.fill(region(Outline.disc(1, -90, 50)), IDENTITY, BirdCatalogue.Ink.of(6), 1);
    assertThat(canvas.pixels()).containsOnly(5);
  }

  private static Path2D leaf() {
    Path2D leaf = new Path2D.Double();
    leaf.moveTo(8, 40);
    leaf.curveTo(10, -10, 60, 0, 50, 30);
    leaf.quadTo(56, 52, 30, 44);
    leaf.lineTo(30, 30);
    leaf.closePath();
    return leaf;
  }

  @Test
  void curves_and_discs_are_those_of_java() {
    same(Outline.path(LEAF), leaf());
    Ellipse2D disc = new Ellipse2D.Double(10, 20, 30, 30);
    same(Outline.disc(25, 35, 15), disc);
    Area both = new Area(disc);
    both.add(new Area(new Ellipse2D.Double(30, 20, 20, 20)));
    same(Outline.union(Outline.disc(25, 35, 15), Outline.disc(40, 30, 10)), both);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 2.6, 9})
  void a_pen_reaches_half_its_width_from_the_path(double width) {
    Path2D hook = new Path2D.Double();
    hook.moveTo(10, 50);
    hook.curveTo(0, 10, 30, 0, 40, 20);
    hook.lineTo(42, 22);
    hook.lineTo(20, 30);
    hook.quadTo(60, 40, 50, 56);
    reaches(Outline.path(LEAF).stroke(width), leaf(), width / 2);
    reaches(
        Outline.path("M 10 50 C 0 10 30 0 40 20 L 42 22 L 20 30 Q 60 40 50 56").stroke(width),
        hook,
        width / 2);
    reaches(
        Outline.disc(25, 35, 15).stroke(width), new Ellipse2D.Double(10, 20, 30, 30), width / 2);
  }

  /** Asks at points a quarter of a unit apart, except where the answer is close. */
  private static void reaches(Outline pen, Shape course, double radius) {
    SampleCanvas canvas = new SampleCanvas(64, 4);
    canvas.fill(region(pen), IDENTITY, BirdCatalogue.Ink.of(0), 1);
    List<Line2D> lines = new ArrayList<>();
    double[] p = new double[6];
    double[] start = new double[2];
    double[] last = new double[2];
    for (PathIterator i = course.getPathIterator(null, 1e-3); !i.isDone(); i.next()) {
      int kind = i.currentSegment(p);
      double[] to = kind == PathIterator.SEG_CLOSE ? start.clone() : new double[] {p[0], p[1]};
      if (kind == PathIterator.SEG_MOVETO) {
        start = to;
      } else {
        lines.add(new Line2D.Double(last[0], last[1], to[0], to[1]));
      }
      last = to;
    }
    for (int y = 0; y < 256; y++) {
      for (int x = 0; x < 256; x++) {
        double distance = Double.POSITIVE_INFINITY;
        for (Line2D line : lines) {
          distance = Math.min(distance, line.ptSegDist((x + 0.5) / 4, (y + 0.5) / 4));
        }
        if (Math.abs(distance - radius) > 0.06) {
          assertThat(canvas.samples()[y * 256 + x] == 1)
              .as("(%s, %s) at %s", x, y, distance)
              .isEqualTo(distance < radius);
        }
      }
    }
  }

  @Test
  void the_height_of_a_path_includes_its_control_points_and_its_pen() {
    Outline path = Outline.path("M 0 1 C 2 -5 4 9 6 1");
    assertThat(path.top()).isEqualTo(-5);
    assertThat(path.bottom()).isEqualTo(9);
    assertThat(path.stroke(3).bottom()).isEqualTo(10.5);
    assertThat(Outline.path("M 1 0 L 3 0", 2).polygons().get(0).corners())
        .containsExactly(3, 0, 5, 0);
    assertThatThrownBy(() -> Outline.path("M 0 0 X 1 1")).hasMessageContaining("command X");
  }

  private static Region region(Outline outline) {
    return new Region(List.of(outline));
  }

  /** Compares what is covered of each unit square, seen in 8 x 8 pixels. */
  private static void same(Outline outline, Shape shape) {
    int zoom = 8;
    int side = 64 * zoom;
    AffineTransform larger = AffineTransform.getScaleInstance(zoom, zoom);
    SmoothCanvas own = new SmoothCanvas(side);
    own.fill(region(outline), larger, BirdCatalogue.Ink.of(255), 1);
    BufferedImage awt = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = awt.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setTransform(larger);
    g.setPaint(Color.BLUE);
    g.fill(shape);
    g.dispose();
    double[] difference = new double[64 * 64];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        double one = own.pixels()[y * side + x] - (awt.getRGB(x, y) & 0xFF);
        difference[Math.floorDiv(y, zoom) * 64 + Math.floorDiv(x, zoom)] += one / zoom / zoom;
      }
    }
    for (int p = 0; p < difference.length; p++) {
      assertThat(difference[p]).as("unit square %d", p).isCloseTo(0, within(8.0));
    }
    assertThat(Arrays.stream(difference).map(Math::abs).average().orElseThrow()).isLessThan(0.2);
  }
}
