package dev.interp.core.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;

/**
 * Small data sets, one per format. There are two classes of two training pictures each; picture k
 * is of class k / 2.
 */
@SuppressWarnings("ImmutableEnumChecker") // formats are records of values
enum FormatFixture {
  IMAGE_FOLDER(new DatasetFormat.ImageFolder()) {
    @Override
    void write(Path folder) throws IOException {
      String[] kinds = {"png", "jpg", "bmp", "gif"};
      for (int k = 0; k < 4; k++) {
        picture(folder.resolve("class-" + k / 2 + "/p" + k + "." + kinds[k]), k);
      }
      text(folder.resolve("README.txt"), "not a class");
      text(folder.resolve("class-1/notes.txt"), "not a picture");
      text(folder.resolve("class-1/.hidden.png"), "not a picture");
    }
  },
  ANIMAL_PART(new DatasetFormat.AnimalPart()) {
    @Override
    void write(Path folder) throws IOException {
      StringBuilder csv =
          new StringBuilder(
              "file,wnid,name,head_xmin,head_ymin,head_xmax,head_ymax,foot_boxes,source_path\n");
      String[] feet = {"", "1.0 10.0 4.0 15.0", "1 10 4 15;6 11 9 16", "8 4 12 12"};
      for (int k = 0; k < 4; k++) {
        String id = k < 2 ? "n01" : "n02";
        String name = k < 2 ? "bear" : "giant panda";
        csv.append(
            "%s_%d.jpg,%s,%s,-1.0,0.0,10.5,7.0,%s,%s_obj/img/%d.jpg\n"
                .formatted(id, k, id, name, feet[k], id, k));
        picture(folder.resolve("images/" + id + "_" + k + ".jpg"), k);
      }
      text(folder.resolve("subset.csv"), csv.toString());
    }
  },
  FUNNY_BIRDS_GREY(new DatasetFormat.FunnyBirds(DatasetFormat.Split.TRAIN)) {
    @Override
    void write(Path folder) throws IOException {
      text(
          folder.resolve("classes.json"),
          "{\"label_names\": [\"background\"], \"classes\": [{\"class_idx\": 0}, {\"class_idx\": 1}]}");
      scenes(folder);
      for (int k = 0; k < 4; k++) {
        String name = k / 2 + "/000" + k + ".png";
        picture(folder.resolve("train/" + name), k);
        BufferedImage map = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        for (int p = 0; p < SIDE * SIDE; p++) {
          map.getRaster().setSample(p % SIDE, p / SIDE, 0, p / SIDE < 11 ? p / SIDE : 0);
        }
        image(folder.resolve("train_parts/" + name), map);
        picture(folder.resolve("train_without_part/" + k / 2 + "/000" + k + "_no_eye.png"), k + 4);
      }
    }
  },
  FUNNY_BIRDS_PUBLISHED(new DatasetFormat.FunnyBirds(DatasetFormat.Split.TRAIN)) {
    @Override
    void write(Path folder) throws IOException {
      text(folder.resolve("classes.json"), "[{\"class_idx\": 0}, {\"class_idx\": 1}]");
      scenes(folder);
      int[] colours = {
        0,
        0xFFFF00,
        0xFFFFFD,
        0xFFFFFE,
        0xFF0001,
        0xFF0002,
        0x0000FF,
        0x00FF01,
        0x00FF02,
        0xAAAAAA,
        0xCCCCCC + 1,
        0x808080
      };
      for (int k = 0; k < 4; k++) {
        String id = k / 2 + "/00000" + k;
        picture(folder.resolve("train/" + id + ".png"), k);
        BufferedImage map = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
        for (int p = 0; p < SIDE * SIDE; p++) {
          int row = p / SIDE;
          map.setRGB(p % SIDE, row, 0xFF000000 | (row < colours.length ? colours[row] : 0));
        }
        image(folder.resolve("train_part_map/" + id + ".png"), map);
        String changed = "train_interventions/" + id;
        picture(folder.resolve(changed + "/body_beak_foot_tail.png"), k + 4);
        for (int object = 0; object < objects(k); object++) {
          picture(folder.resolve(changed + "/background_interventions/" + object + ".png"), object);
        }
      }
    }
  },
  CUB(new DatasetFormat.Cub(DatasetFormat.Split.TRAIN)) {
    @Override
    void write(Path folder) throws IOException {
      StringBuilder images = new StringBuilder();
      StringBuilder labels = new StringBuilder();
      StringBuilder boxes = new StringBuilder();
      StringBuilder splits = new StringBuilder();
      StringBuilder places = new StringBuilder();
      for (int k = 0; k < 6; k++) {
        int label = k < 4 ? k / 2 : k - 4;
        String name = (label == 0 ? "001.Alba_tross/a" : "002.Crow/c") + k + ".jpg";
        picture(folder.resolve("images/" + name), k);
        images.append(k + 1).append(' ').append(name).append('\n');
        labels.append(k + 1).append(' ').append(label + 1).append('\n');
        boxes.append(k + 1).append(" 2.0 3.0 9.5 8.0\n");
        splits.append(k + 1).append(k < 4 ? " 1\n" : " 0\n");
        places.append(k + 1).append(" 1 3.5 4.0 1\n");
        places.append(k + 1).append(" 2 0.0 0.0 0\n");
      }
      text(folder.resolve("images.txt"), images.toString());
      text(folder.resolve("image_class_labels.txt"), labels.toString());
      text(folder.resolve("bounding_boxes.txt"), boxes.toString());
      text(folder.resolve("train_test_split.txt"), splits.toString());
      text(folder.resolve("classes.txt"), "1 001.Alba_tross\n2 002.Crow\n");
      text(folder.resolve("parts/parts.txt"), "1 beak\n2 left eye\n");
      text(folder.resolve("parts/part_locs.txt"), places.toString());
    }
  },
  PASCAL_PART(new DatasetFormat.PascalPart(DatasetFormat.Split.TRAIN, List.of("bird", "cat"))) {
    @Override
    void write(Path folder) throws IOException {
      for (int k = 0; k < 4; k++) {
        String name = "2008_00000" + k;
        picture(folder.resolve("JPEGImages/" + name + ".jpg"), k);
        String animal = k < 2 ? "bird" : "cat";
        List<Map<String, Object>> parts =
            k == 1
                ? List.of()
                : List.of(
                    part("head", 4, 6),
                    part(k < 2 ? "lwing" : "lfpa", 7, 9),
                    part("tail", 10, 11),
                    part("leye", 3, 4));
        // The same animal, smaller, and something else, both annotated too.
        List<Map<String, Object>> objects =
            List.of(
                object(animal, 13, 14, List.of()),
                object(animal, 2, 12, parts),
                object("person", 14, 16, List.of()));
        bytes(
            folder.resolve("Annotations_Part/" + name + ".mat"),
            MatWriter.file(
                "anno", List.of(Map.of("imname", name, "objects", objects)), k % 2 == 0));
      }
      String main = "ImageSets/Main/";
      text(
          folder.resolve(main + "bird_train.txt"),
          "2008_000000  1\n2008_000001 1\n2008_000002 -1\n");
      text(
          folder.resolve(main + "cat_train.txt"),
          "2008_000000 -1\n2008_000002 1\n2008_000003  1\n");
    }

    private Map<String, Object> part(String name, int top, int bottom) {
      Map<String, Object> part = new LinkedHashMap<>();
      part.put("part_name", name);
      part.put("mask", MatWriter.mask(SIDE, SIDE, (x, y) -> x < 5 && y >= top && y < bottom));
      return part;
    }

    private Map<String, Object> object(
        String animal, int top, int bottom, List<Map<String, Object>> parts) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("class", animal);
      object.put("mask", MatWriter.mask(SIDE, SIDE, (x, y) -> x < 6 && y >= top && y < bottom));
      object.put("parts", parts);
      return object;
    }
  },
  IDX(DatasetFormat.Idx.digits("train-")) {
    @Override
    void write(Path folder) throws IOException {
      bytes(folder.resolve("train-images-idx3-ubyte"), idxImages());
      bytes(folder.resolve("train-labels-idx1-ubyte"), idxLabels());
    }
  },
  IDX_GZ(DatasetFormat.Idx.fashion("")) {
    @Override
    void write(Path folder) throws IOException {
      bytes(folder.resolve("images-idx3-ubyte.gz"), gzip(idxImages()));
      bytes(folder.resolve("labels-idx1-ubyte.gz"), gzip(idxLabels()));
    }
  },
  CIFAR(new DatasetFormat.Cifar(DatasetFormat.Split.TRAIN)) {
    @Override
    void write(Path folder) throws IOException {
      text(folder.resolve("batches.meta.txt"), CIFAR_NAMES);
      bytes(folder.resolve("data_batch_1.bin"), cifar(0, 1));
      bytes(folder.resolve("data_batch_2.bin"), cifar(2, 3));
    }
  },
  CIFAR_GZ(new DatasetFormat.Cifar(DatasetFormat.Split.TEST)) {
    @Override
    void write(Path folder) throws IOException {
      text(folder.resolve("batches.meta.txt"), CIFAR_NAMES);
      bytes(folder.resolve("test_batch.bin.gz"), gzip(cifar(0, 1, 2, 3)));
    }
  };

  static final int SIDE = 16;
  private static final String CIFAR_NAMES =
      "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

  final DatasetFormat format;

  FormatFixture(DatasetFormat format) {
    this.format = format;
  }

  abstract void write(Path folder) throws IOException;

  /** The format that reads the pictures with parts taken out, of the FunnyBirds fixtures. */
  static DatasetFormat without(Set<String> removed) {
    return new DatasetFormat.FunnyBirds(DatasetFormat.Split.TRAIN, removed);
  }

  static int colour(int k) {
    return List.of(0xC00000, 0x00C000, 0x0000C0, 0xC0C000, 0x00C0C0, 0xC000C0, 0x404040, 0xE0E0E0)
        .get(k);
  }

  static void picture(Path file, int k) throws IOException {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(new Color(colour(k)));
    g.fillRect(0, 0, SIDE, SIDE);
    g.dispose();
    image(file, image);
  }

  static void image(Path file, BufferedImage image) throws IOException {
    folder(file);
    String name = file.toString();
    try (OutputStream out = Files.newOutputStream(file)) {
      if (!ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), out)) {
        throw new IOException("No writer for " + file);
      }
    }
  }

  static void text(Path file, String text) throws IOException {
    folder(file);
    Files.writeString(file, text);
  }

  private static void folder(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
  }

  private static void bytes(Path file, byte[] bytes) throws IOException {
    folder(file);
    Files.write(file, bytes);
  }

  /** How many background objects a scene of FunnyBirds has. */
  private static int objects(int k) {
    return k == 3 ? 0 : 2;
  }

  private static void scenes(Path folder) throws IOException {
    StringBuilder json = new StringBuilder("[");
    for (int k = 0; k < 4; k++) {
      json.append(k == 0 ? "" : ", ")
          .append("{\"class_idx\": ")
          .append(k / 2)
          .append(", \"camera_distance\": 234.5, \"bg\": [1, {\"x\": 2}]")
          .append(", \"bg_objects\": \"" + "4,".repeat(objects(k)) + "\"")
          .append(", \"beak_model\": \"beak04.glb\", \"beak_color\": \"yellow\"")
          .append(", \"eye_model\": \"eye02.glb\", \"foot_model\": \"foot01.glb\"")
          .append(", \"tail_model\": \"placeholder\", \"tail_color\": \"placeholder\"")
          .append(", \"wing_model\": \"wing01.glb\", \"wing_color\": \"blue\"}");
    }
    text(folder.resolve("dataset_train.json"), json.append("]").toString());
  }

  private static byte[] idxImages() {
    ByteBuffer out = ByteBuffer.allocate(16 + 4 * SIDE * 8);
    out.putInt(0x803).putInt(4).putInt(SIDE).putInt(8);
    for (int k = 0; k < 4; k++) {
      for (int p = 0; p < SIDE * 8; p++) {
        out.put((byte) (p + 60 * k));
      }
    }
    return out.array();
  }

  private static byte[] idxLabels() {
    return new byte[] {0, 0, 8, 1, 0, 0, 0, 4, 0, 0, 1, 1};
  }

  private static byte[] cifar(int... pictures) {
    ByteBuffer out = ByteBuffer.allocate(pictures.length * 3073);
    for (int k : pictures) {
      out.put((byte) (k / 2));
      for (int shift = 16; shift >= 0; shift -= 8) {
        for (int p = 0; p < 1024; p++) {
          out.put((byte) (p < 32 ? p : colour(k) >> shift));
        }
      }
    }
    return out.array();
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }
}
