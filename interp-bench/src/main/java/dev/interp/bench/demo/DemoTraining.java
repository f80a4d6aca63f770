package dev.interp.bench.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.interp.bench.demo.DemoFacts.Preprocess;
import dev.interp.core.data.BirdScene;
import dev.interp.core.data.BirdScene.SceneObject;
import dev.interp.core.data.Birds;
import dev.interp.core.file.WholeFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Trains the demo model: a small convolutional net that names the class of rendered {@link Birds}.
 *
 * <p>Every epoch renders birds of its own, so no picture is seen twice and no augmentation is
 * needed. The accuracy is measured once, at the end, on birds that follow those of the training;
 * nothing is chosen by it. Optimised by Adam on the cross entropy, the learning rate falling from
 * 0.002 to 0 in a straight line.
 *
 * <p>Immutable; safe for concurrent use, though trainings side by side slow each other down. The
 * same settings give the same files on the same machine with the same number of threads.
 */
public final class DemoTraining {
  /** The name of the net's file: a ModelSerializer zip without updater state. */
  public static final String MODEL_FILE = "demo-model.zip";

  /** The name of the file of facts, in JSON. */
  public static final String FACTS_FILE = "demo-model.json";

  private static final int CLASSES = 10;
  private static final int BATCH = 32;
  private static final double LEARNING_RATE = 0.002;
  private static final int MIN_RESOLUTION = 16;
  private static final int MAX_RESOLUTION = 256;

  /** Keeps indices of birds, with those of the test and of demonstrations, in an int. */
  private static final int MAX_PICTURES = 1_000_000_000;

  /** Birds that may become the demo bird. */
  private static final int CANDIDATES = 32;

  private static final LocalDateTime NO_DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final long seed;
  private final int images;
  private final int epochs;
  private final int resolution;
  private final int freshBirds;

  private DemoTraining(long seed, int images, int epochs, int resolution, int freshBirds) {
    this.seed = seed;
    this.images = images;
    this.epochs = epochs;
    this.resolution = resolution;
    this.freshBirds = freshBirds;
  }

  /**
   * Returns the training that made the embedded model (with one thread, {@code OMP_NUM_THREADS=1}):
   * seed 0, 4 epochs of 5000 birds of 96 x 96 pixels, and 5000 fresh birds to measure the accuracy.
   */
  public static DemoTraining withDefaults() {
    return new DemoTraining(0, 5000, 4, 96, 5000);
  }

  /**
   * Returns a training with other birds, other classes of birds and other first weights.
   *
   * @param value any number
   */
  public DemoTraining withSeed(long value) {
    return new DemoTraining(value, images, epochs, resolution, freshBirds);
  }

  /**
   * Returns a training with as many birds an epoch as asked for.
   *
   * @param perEpoch at least 1
   * @throws IllegalArgumentException if there is none, or there are more than 10^9 in all epochs
   */
  public DemoTraining withImages(int perEpoch) {
    checkPictures("images per epoch", perEpoch, epochs);
    return new DemoTraining(seed, perEpoch, epochs, resolution, freshBirds);
  }

  /**
   * Returns a training of as many epochs as asked for; each has birds of its own.
   *
   * @param count at least 1
   * @throws IllegalArgumentException if there is none, or there are more than 10^9 birds in all
   *     epochs
   */
  public DemoTraining withEpochs(int count) {
    checkPictures("epochs", count, images);
    return new DemoTraining(seed, images, count, resolution, freshBirds);
  }

  /**
   * Returns a training on birds of another resolution.
   *
   * @param pixels columns, and rows, of the pictures and of the net's input, 16 to 256; the kinds
   *     of parts can be told apart from about 64 on
   * @throws IllegalArgumentException if it is outside of that range
   */
  public DemoTraining withResolution(int pixels) {
    if (pixels < MIN_RESOLUTION || pixels > MAX_RESOLUTION) {
      throw new IllegalArgumentException(
          "The resolution of the demo birds must be %d to %d pixels, but was %d"
              .formatted(MIN_RESOLUTION, MAX_RESOLUTION, pixels));
    }
    return new DemoTraining(seed, images, epochs, pixels, freshBirds);
  }

  /** Returns a training whose accuracy is measured on another number of birds, at least 1. */
  DemoTraining withFreshBirds(int count) {
    return new DemoTraining(seed, images, epochs, resolution, count);
  }

  private static void checkPictures(String what, int value, int factor) {
    if (value < 1 || (long) value * factor > MAX_PICTURES) {
      throw new IllegalArgumentException(
          "The number of %s must be 1 to %d (all epochs together have at most %d birds), but was %d"
              .formatted(what, MAX_PICTURES / factor, MAX_PICTURES, value));
    }
  }

  /**
   * What came out of a training.
   *
   * @param accuracy share of the fresh birds that were classified correctly, 0 to 1
   * @param freshBirds number of those birds
   * @param parameters numbers in the net
   * @param model the net's file
   * @param facts the file of facts
   */
  public record Outcome(double accuracy, int freshBirds, long parameters, Path model, Path facts) {}

  /**
   * Trains a net, measures it and writes {@link #MODEL_FILE} and {@link #FACTS_FILE}, each to a
   * temporary file that is then moved into place; files of these names are replaced. Nothing is
   * written before the training is done.
   *
   * @param folder an existing folder that can be written to
   * @param progress told after every step
   * @return the accuracy and where the files are
   * @throws IOException if the folder is missing or cannot be written to, which is checked before
   *     the training too; no part of a file is then left behind
   * @throws CancellationException if the listener cancels; nothing is then written
   */
  public Outcome train(Path folder, TrainingProgress progress) throws IOException {
    checkFolder(folder);
    int total = images * epochs;
    Birds birds = DemoFacts.birds(seed, resolution, CLASSES, total, freshBirds);
    Preprocess preprocess = Preprocess.of(resolution);
    BirdBatches batches = new BirdBatches(birds, preprocess.preprocessor());
    int steps = (total + BATCH - 1) / BATCH;
    MultiLayerNetwork net = DemoNet.create(seed, resolution, CLASSES, LEARNING_RATE, steps);
    for (int from = 0; from < total; from += BATCH) {
      int to = Math.min(total, from + BATCH);
      net.fit(batches.batch(from, to));
      if (!progress.update(to, total, net.score())) {
        throw new CancellationException(
            "The training was cancelled after %d of %d birds".formatted(to, total));
      }
    }
    DemoFacts facts =
        new DemoFacts(
            accuracy(net, batches, total, total + freshBirds),
            freshBirds,
            seed,
            resolution,
            total,
            epochs,
            BATCH,
            LEARNING_RATE,
            net.numParams(),
            demoBird(net, batches, total + freshBirds),
            preprocess,
            DemoFacts.classes(birds),
            versions());
    return write(folder, net, facts);
  }

  private static void checkFolder(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new NotDirectoryException(
          folder + " is a file; the folder to write the demo model to was expected");
    }
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(
          folder.toString(), null, "the folder of the demo model does not exist; create it first");
    }
    if (!Files.isWritable(folder)) {
      throw new IOException(folder + ": the demo model cannot be written to this folder");
    }
    for (String name : new String[] {MODEL_FILE, FACTS_FILE}) {
      if (Files.isDirectory(folder.resolve(name))) {
        throw new IOException(
            folder.resolve(name) + " is a folder where a file of the demo model belongs; move it");
      }
    }
  }

  private static double accuracy(MultiLayerNetwork net, BirdBatches batches, int from, int to) {
    int correct = 0;
    for (int start = from; start < to; start += BATCH) {
      DataSet batch = batches.batch(start, Math.min(to, start + BATCH));
      INDArray predicted = net.output(batch.getFeatures()).argMax(1);
      INDArray labels = batch.getLabels().argMax(1);
      for (int n = 0; n < predicted.length(); n++) {
        correct += predicted.getInt(n) == labels.getInt(n) ? 1 : 0;
      }
    }
    return (double) correct / (to - from);
  }

  /**
   * Returns the demonstration bird that shows best: of the large and brightly lit ones with nothing
   * in front the first that is classified correctly with a probability over a half; the first
   * demonstration bird if there is none.
   */
  static int demoBird(MultiLayerNetwork net, BirdBatches batches, int from) {
    return IntStream.range(from, batches.birds().size())
        .mapToObj(index -> Map.entry(index, batches.birds().scene(index)))
        .filter(bird -> bird.getValue().objects().stream().noneMatch(SceneObject::inFront))
        .sorted(Comparator.comparingDouble(bird -> -visibility(bird.getValue())))
        .limit(CANDIDATES)
        .map(Map.Entry::getKey)
        .filter(index -> probability(net, batches, index) > 0.5)
        .findFirst()
        .orElse(from);
  }

  private static double visibility(BirdScene scene) {
    return scene.pose().scale() * scene.light().brightness();
  }

  /** The probability of the bird's own class. */
  private static double probability(MultiLayerNetwork net, BirdBatches batches, int index) {
    return net.output(batches.batch(index, index + 1).getFeatures())
        .getDouble(0, batches.birds().scene(index).label());
  }

  private static Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("interp", version("dev.interp/interp-bench"));
    versions.put("deeplearning4j", version("org.deeplearning4j/deeplearning4j-nn"));
    versions.put("java", System.getProperty("java.version", "unknown"));
    return versions;
  }

  private static String version(String artifact) {
    Properties properties = new Properties();
    try (InputStream in =
        DemoTraining.class.getResourceAsStream("/META-INF/maven/" + artifact + "/pom.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      // The version is only information: a training must not be lost for it.
    }
    return properties.getProperty("version", "unknown");
  }

  private static Outcome write(Path folder, MultiLayerNetwork net, DemoFacts facts)
      throws IOException {
    byte[] json = (json().writeValueAsString(facts) + "\n").getBytes(StandardCharsets.UTF_8);
    Path model = folder.resolve(MODEL_FILE);
    Path factsFile = folder.resolve(FACTS_FILE);
    Path newModel = temporary(model);
    Path newFacts = temporary(factsFile);
    try {
      Files.write(newModel, zip(net), StandardOpenOption.CREATE_NEW);
      Files.write(newFacts, json, StandardOpenOption.CREATE_NEW);
      WholeFile.move(newModel, model);
      WholeFile.move(newFacts, factsFile);
    } catch (IOException e) {
      throw new IOException(
          "The trained demo model could not be written to the folder " + folder + ": " + e, e);
    } finally {
      Files.deleteIfExists(newModel);
      Files.deleteIfExists(newFacts);
    }
    return new Outcome(facts.accuracy(), facts.freshBirds(), facts.parameters(), model, factsFile);
  }

  static ObjectMapper json() {
    return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  }

  private static Path temporary(Path file) {
    return file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
  }

  /** The net as ModelSerializer writes it, but with no dates, which would differ at every run. */
  private static byte[] zip(MultiLayerNetwork net) throws IOException {
    ByteArrayOutputStream dated = new ByteArrayOutputStream();
    ModelSerializer.writeModel(net, dated, false);
    ByteArrayOutputStream dateless = new ByteArrayOutputStream();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(dated.toByteArray()));
        ZipOutputStream out = new ZipOutputStream(dateless)) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setTimeLocal(NO_DATE);
        out.putNextEntry(copy);
        in.transferTo(out);
      }
    }
    return dateless.toByteArray();
  }
}
