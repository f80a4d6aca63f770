package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.interp.core.data.Birds;
import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes rendered birds as files. */
@Command(
    name = "render-birds",
    mixinStandardHelpOptions = true,
    description =
        "Renders birds with exact part masks: images/CLASS/N.png, masks/CLASS/N.png (grey level ="
            + " owner: 0 background, then the parts in the order of birds.json, last other objects)"
            + " and birds.json.")
final class RenderBirds implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--classes", paramLabel = "N", description = "2 to 64. Default: 10.")
  private int classes = 10;

  @Option(names = "--images", paramLabel = "N", description = "Birds in all. Default: 100.")
  private int images = 100;

  @Option(names = "--size", paramLabel = "S", description = "Pixels per side. Default: 96.")
  private int size = 96;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of classes and scenes.")
  private long seed;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to fill.")
  private Path out = Path.of("out");

  @Override
  public Integer call() throws IOException {
    Birds birds =
        Birds.withDefaults()
            .withSeed(seed)
            .withClasses(classes)
            .withResolution(size)
            .withSize(images);
    try (OutputFolder folder = OutputFolder.open(out)) {
      List<Map<String, Object>> entries = new ArrayList<>();
      for (int i = 0; i < birds.size(); i++) {
        PartImage bird = birds.get(i);
        String name =
            birds.classNames().get(bird.label()) + String.format(Locale.ROOT, "/%06d.png", i);
        write(bird.image().toBufferedImage(), folder.file("images").resolve(name));
        write(grey(bird.mask().orElseThrow()), folder.file("masks").resolve(name));
        entries.add(entry(name, bird));
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("seed", seed);
      json.put("parts", birds.partNames());
      List<Map<String, Object>> kinds = new ArrayList<>();
      for (int label = 0; label < classes; label++) {
        Map<String, Object> kind = new LinkedHashMap<>();
        kind.put("name", birds.classNames().get(label));
        kind.put("kinds", birds.classKinds(label));
        kinds.add(kind);
      }
      json.put("classes", kinds);
      json.put("birds", entries);
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(folder.file("birds.json").toFile(), json);
      folder.commit();
    }
    PrintWriter lines = spec.commandLine().getOut();
    lines.println(images + " birds in " + out.toAbsolutePath().normalize());
    lines.flush();
    return 0;
  }

  private static Map<String, Object> entry(String name, PartImage bird) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("file", name);
    entry.put("label", bird.label());
    entry.put(
        "box",
        List.of(bird.box().left(), bird.box().top(), bird.box().right(), bird.box().bottom()));
    List<Map<String, Object>> landmarks = new ArrayList<>();
    for (Landmark mark : bird.landmarks()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("part", mark.part());
      one.put("x", mark.x());
      one.put("y", mark.y());
      one.put("visible", mark.visible());
      landmarks.add(one);
    }
    entry.put("landmarks", landmarks);
    entry.put("attributes", bird.attributes());
    return entry;
  }

  private static BufferedImage grey(PartMask mask) {
    BufferedImage image =
        new BufferedImage(mask.width(), mask.height(), BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setDataElements(0, 0, mask.width(), mask.height(), mask.toArray());
    return image;
  }

  private static void write(BufferedImage image, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    if (!ImageIO.write(image, "png", file.toFile())) {
      throw new IOException(file + ": this JVM writes no PNG");
    }
  }
}
