package dev.interp.disentangle.tree;

import dev.interp.disentangle.dissect.Pictures;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Draws the upper levels of a tree from left to right: a box for each node with some of its
 * pictures and a bar of what parts add to their score. Of many modes the largest are drawn.
 */
public final class TreePicture {
  private static final int MODES = 8;
  private static final int LEVELS = 4;
  private static final int THUMBS = 4;
  private static final int THUMB = 44;
  private static final int BOX = THUMBS * (THUMB + 3) + 13;
  private static final int HEIGHT = THUMB + 38;
  private static final int GAP = 52;
  private static final int ROW = HEIGHT + 14;
  private static final int MARGIN = 16;
  private static final Color INK = new Color(0x17202c);
  private static final Color SOFT = new Color(0x56616f);

  private final TreeExport export;
  private final DecisionTree tree;
  private final Pictures pictures;
  private final List<Placed> placed = new ArrayList<>();
  private double row;

  private record Placed(TreeNode node, int column, double row, int parent) {}

  private TreePicture(TreeExport export, Pictures pictures) {
    this.export = export;
    this.tree = export.tree();
    this.pictures = pictures;
  }

  /**
   * Draws a tree.
   *
   * @param tree the tree
   * @param parts of the filters; without them no bars are drawn
   * @param pictures the pictures that the tree was grown of
   * @return an opaque picture
   */
  public static BufferedImage of(
      DecisionTree tree, Optional<PartAssignment> parts, Pictures pictures) {
    return new TreePicture(new TreeExport(tree, parts), pictures).draw();
  }

  private BufferedImage draw() {
    List<TreeNode> modes =
        tree.modes().stream()
            .sorted(Comparator.comparingInt((TreeNode m) -> -m.members().size()))
            .limit(MODES)
            .toList();
    placed.add(new Placed(tree.root(), 0, 0, -1));
    double first = -1;
    double last = 0;
    for (TreeNode mode : modes) {
      double at = place(mode, 1, 0);
      first = first < 0 ? at : first;
      last = at;
    }
    placed.set(0, new Placed(tree.root(), 0, (Math.max(0, first) + last) / 2, -1));
    int columns = 1 + placed.stream().mapToInt(Placed::column).max().orElse(0);
    int width = 2 * MARGIN + columns * (BOX + GAP) - GAP;
    int height = 2 * MARGIN + 26 + (int) Math.ceil(row) * ROW;
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    legend(g, modes.size());
    placed.forEach(p -> edge(g, p));
    placed.forEach(p -> box(g, p));
    g.dispose();
    return picture;
  }

  /** Places a node and what is drawn below it; returns its row. */
  private double place(TreeNode node, int column, int parent) {
    int own = placed.size();
    placed.add(new Placed(node, column, 0, parent));
    double at;
    if (column + 1 < LEVELS && !node.isLeaf()) {
      double sum = 0;
      for (int child : node.children()) {
        sum += place(tree.nodes().get(child), column + 1, own);
      }
      at = sum / node.children().size();
    } else {
      at = row++;
    }
    placed.set(own, new Placed(node, column, at, parent));
    return at;
  }

  private static int x(Placed p) {
    return MARGIN + p.column * (BOX + GAP);
  }

  private static int y(Placed p) {
    return MARGIN + 26 + (int) Math.round(p.row * ROW);
  }

  private void legend(Graphics2D g, int drawn) {
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    int x = MARGIN;
    if (export.parts().isPresent()) {
      List<String> names = export.parts().get().parts();
      for (int p = 0; p < names.size(); p++) {
        g.setColor(PartColours.of(p));
        g.fillRect(x, MARGIN - 2, 11, 11);
        g.setColor(INK);
        g.drawString(names.get(p), x + 16, MARGIN + 8);
        x += 34 + g.getFontMetrics().stringWidth(names.get(p));
      }
    }
    int hidden = tree.modes().size() - drawn;
    if (hidden > 0) {
      g.setColor(SOFT);
      g.drawString(
          String.format(Locale.ROOT, "%d smaller modes are not drawn", hidden), x, MARGIN + 8);
    }
  }

  private void edge(Graphics2D g, Placed p) {
    if (p.parent < 0) {
      return;
    }
    Placed from = placed.get(p.parent);
    double startX = x(from) + BOX;
    double startY = y(from) + HEIGHT / 2.0;
    double endX = x(p);
    double endY = y(p) + HEIGHT / 2.0;
    Path2D path = new Path2D.Double();
    path.moveTo(startX, startY);
    path.curveTo((startX + endX) / 2, startY, (startX + endX) / 2, endY, endX, endY);
    g.setStroke(new BasicStroke(1.6f));
    g.setColor(new Color(0xb4bcc8));
    g.draw(path);
  }

  private void box(Graphics2D g, Placed p) {
    int x = x(p);
    int y = y(p);
    g.setColor(new Color(0xf5f6f8));
    g.fillRoundRect(x, y, BOX, HEIGHT, 10, 10);
    g.setColor(new Color(0xc3cad5));
    g.setStroke(new BasicStroke(1));
    g.drawRoundRect(x, y, BOX, HEIGHT, 10, 10);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    g.setColor(INK);
    String title = p.node.id() == tree.root().id() ? "all " : "";
    int count = p.node.members().size();
    g.drawString(title + count + (count == 1 ? " picture" : " pictures"), x + 8, y + 14);
    for (int i = 0; i < Math.min(THUMBS, count); i++) {
      int member = p.node.members().get(i * count / Math.min(THUMBS, count));
      int index = tree.rationales().all().get(member).picture();
      g.drawImage(
          pictures.data().get(index).image().toBufferedImage(),
          x + 8 + i * (THUMB + 3),
          y + 19,
          THUMB,
          THUMB,
          null);
    }
    bar(g, export.partsOf(p.node), x + 8, y + THUMB + 25, BOX - 16);
  }

  /** What speaks for the class, by part. */
  private static void bar(Graphics2D g, double[] parts, int x, int y, int width) {
    double total = 0;
    for (double value : parts) {
      total += Math.max(0, value);
    }
    double from = x;
    for (int p = 0; p < parts.length && total > 0; p++) {
      double share = Math.max(0, parts[p]) / total * width;
      g.setColor(PartColours.of(p));
      g.fill(new java.awt.geom.Rectangle2D.Double(from, y, share, 8));
      from += share;
    }
  }
}
