package dev.interp.bench.demo;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.image.Image;
import dev.interp.core.image.ImageIo;
import dev.interp.core.network.Target;
import dev.interp.visual.cam.Cam;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.perturbation.Occlusion;
import dev.interp.visual.render.ChannelReduction;
import dev.interp.visual.render.Grid;
import dev.interp.visual.render.Heatmap;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Draws the picture at the top of the README: a bird, and why the demo model knows it. */
final class ReadmePicture {
  private static final double OPACITY = 0.75;
  private static final double PERCENTILE = 99.5;
  private static final int COLUMNS = 4;
  private static final int SCALE = 2;

  private ReadmePicture() {}

  /**
   * Writes the picture.
   *
   * @param args the PNG file to write
   * @throws IOException if it cannot be written
   */
  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException("give the PNG file to write");
    }
    ImageIo.writePng(picture(DemoModel.load()), Path.of(args[0]));
  }

  static BufferedImage picture(DemoModel model) {
    Image bird = model.picture(model.demoBird());
    BufferedImage photo = enlarged(bird.toBufferedImage());
    INDArray x = model.preprocessor().apply(bird);
    Baseline black = Baseline.array(model.preprocessor().constant(0));
    Map<String, Attributor> methods = new LinkedHashMap<>();
    methods.put("Grad-CAM", Cam.gradCam());
    methods.put("occlusion", Occlusion.withDefaults().withBaseline(black));
    methods.put("integrated gradients", IntegratedGradients.withDefaults().withBaseline(black));
    Grid grid = Grid.ofColumns(COLUMNS).withPicture(photo, "input");
    for (var method : methods.entrySet()) {
      Attribution map = method.getValue().attribute(model.network(), x, Target.predicted());
      grid = grid.withPicture(heatmap(model, map, photo).overlay(photo, OPACITY), method.getKey());
    }
    return grid.picture();
  }

  private static BufferedImage enlarged(BufferedImage small) {
    int width = SCALE * small.getWidth();
    int height = SCALE * small.getHeight();
    BufferedImage large = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = large.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    g.drawImage(small, 0, 0, width, height, null);
    g.dispose();
    return large;
  }

  private static Heatmap heatmap(DemoModel model, Attribution map, BufferedImage photo) {
    int channels = (int) map.values().size(1);
    int height = (int) map.values().size(2);
    int width = (int) map.values().size(3);
    float[] flat =
        ChannelReduction.SUM.reduce(map.values().ravel().toFloatVector(), channels, height, width);
    float[] spread =
        model
            .preprocessor()
            .mapToOriginal(flat, height, width, photo.getWidth(), photo.getHeight());
    Heatmap seen = Heatmap.signed(spread, photo.getHeight(), photo.getWidth());
    return channels > 1 ? seen.withPercentile(PERCENTILE) : seen;
  }
}
