package dev.interp.disentangle.dissect;

import dev.interp.core.data.PartImage;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import dev.interp.core.network.UnitInterpolation;
import dev.interp.visual.gallery.TopPictures;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Draws the top pictures of a filter with the region that it marks; the rest is darkened. */
public final class FilterSheet {
  private static final int CELL = 112;
  private static final int GAP = 4;
  private static final int LINE = 0xfff2c14e;

  private FilterSheet() {}

  /**
   * A row of pictures, the strongest first.
   *
   * @param network the network
   * @param layer the dissected layer, of this network and these pictures
   * @param filter one of its filters
   * @param pictures the pictures of the dissection
   * @param shown how many pictures, at least 1; fewer if the filter has fewer
   * @return the row; each picture is square, 112 pixels wide
   */
  public static BufferedImage of(
      Network network,
      LayerDissection layer,
      LayerDissection.Filter filter,
      Pictures pictures,
      int shown) {
    List<TopPictures.Shot> shots =
        filter.top().subList(0, Math.min(Math.max(1, shown), filter.top().size()));
    List<PartImage> images = new ArrayList<>();
    shots.forEach(shot -> images.add(pictures.data().get(shot.picture())));
    int columns = Math.max(1, shots.size());
    BufferedImage sheet =
        new BufferedImage(columns * (CELL + GAP) - GAP, CELL, BufferedImage.TYPE_INT_ARGB);
    if (images.isEmpty()) {
      return sheet;
    }
    INDArray x = pictures.batch(images);
    float[] maps;
    try (Trace trace = network.run(x, Hooks.none().keep(layer.layer()).forgetBelow())) {
      maps = trace.read(layer.layer(), Maps::floats);
    }
    int filters = layer.filters().size();
    int cells = layer.height() * layer.width();
    Graphics2D g = sheet.createGraphics();
    for (int i = 0; i < images.size(); i++) {
      float[] map = new float[cells];
      for (int c = 0; c < cells; c++) {
        map[c] = maps[(i * cells + c) * filters + filter.filter()];
      }
      g.drawImage(marked(images.get(i), map, layer, filter.threshold()), i * (CELL + GAP), 0, null);
    }
    g.dispose();
    return sheet;
  }

  private static BufferedImage marked(
      PartImage picture, float[] map, LayerDissection layer, float threshold) {
    BufferedImage cell = new BufferedImage(CELL, CELL, BufferedImage.TYPE_INT_ARGB);
    Graphics2D g = cell.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.drawImage(picture.image().toBufferedImage(), 0, 0, CELL, CELL, null);
    g.dispose();
    boolean[] region =
        region(
            map,
            new UnitInterpolation(
                layer.field().height(), layer.height(), layer.inputHeight(), CELL),
            new UnitInterpolation(layer.field().width(), layer.width(), layer.inputWidth(), CELL),
            threshold);
    for (int y = 0; y < CELL; y++) {
      for (int x = 0; x < CELL; x++) {
        boolean inside = region[y * CELL + x];
        boolean edge =
            inside
                && (y == 0
                    || x == 0
                    || y == CELL - 1
                    || x == CELL - 1
                    || !region[(y - 1) * CELL + x]
                    || !region[(y + 1) * CELL + x]
                    || !region[y * CELL + x - 1]
                    || !region[y * CELL + x + 1]);
        int rgb = cell.getRGB(x, y);
        cell.setRGB(x, y, edge ? LINE : inside ? rgb : darker(rgb));
      }
    }
    return cell;
  }

  private static int darker(int rgb) {
    int red = (rgb >> 16 & 255) * 2 / 5;
    int green = (rgb >> 8 & 255) * 2 / 5;
    int blue = (rgb & 255) * 2 / 5;
    return 0xff000000 | red << 16 | green << 8 | blue;
  }

  static boolean[] region(
      float[] map, UnitInterpolation rows, UnitInterpolation columns, float threshold) {
    int width = columns.pixels();
    boolean[] region = new boolean[rows.pixels() * width];
    for (int y = 0; y < rows.pixels(); y++) {
      for (int x = 0; x < width; x++) {
        double top = mix(map, rows.low(y) * columns.units(), columns, x);
        double bottom = mix(map, rows.high(y) * columns.units(), columns, x);
        region[y * width + x] = rows.mix(y, top, bottom) > threshold;
      }
    }
    return region;
  }

  private static double mix(float[] map, int row, UnitInterpolation columns, int x) {
    return columns.mix(x, map[row + columns.low(x)], map[row + columns.high(x)]);
  }
}
