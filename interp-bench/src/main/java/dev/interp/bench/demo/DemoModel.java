package dev.interp.bench.demo;

import dev.interp.core.data.Birds;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;

/**
 * The model that comes with the program: a net that names the class of rendered birds, with all
 * that belongs to it. Made by {@link DemoTraining}.
 */
public final class DemoModel {
  private final MultiLayerNetwork net;
  private final DemoFacts facts;
  private final Birds birds;

  private DemoModel(MultiLayerNetwork net, DemoFacts facts) {
    this.net = net;
    this.facts = facts;
    this.birds = facts.birds();
  }

  /**
   * Reads the embedded model; nothing is downloaded.
   *
   * @return a model with a net of its own
   * @throws UncheckedIOException if the resources are damaged
   */
  public static DemoModel load() {
    try (InputStream model = resource(DemoTraining.MODEL_FILE);
        InputStream facts = resource(DemoTraining.FACTS_FILE)) {
      return new DemoModel(
          ModelSerializer.restoreMultiLayerNetwork(model, false),
          DemoTraining.json().readValue(facts, DemoFacts.class));
    } catch (IOException e) {
      throw new UncheckedIOException("The embedded demo model cannot be read", e);
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream in = DemoModel.class.getResourceAsStream(name);
    if (in == null) {
      throw new IOException("The program lacks its resource " + name + ": was it packed without?");
    }
    return in;
  }

  /**
   * Returns the net: input [N, 3, H, W] from {@link #preprocessor()}, output [N, classes]
   * probabilities. The same object at every call; DL4J nets are not safe for concurrent use.
   */
  public MultiLayerNetwork net() {
    return net;
  }

  /** Returns the net as a network that takes pictures of the size it was trained with. */
  public Network network() {
    return Dl4j.standard().withInput(preprocessor().outputShape()).lower(net);
  }

  /**
   * Returns the birds that the model knows: first those it was trained on, then those that measured
   * its accuracy, and from {@link #firstDemoBird()} on birds that nothing was done with yet.
   */
  public Birds birds() {
    return birds;
  }

  /** Returns the index in {@link #birds()} of the first bird that is free for demonstrations. */
  public int firstDemoBird() {
    return facts.firstDemoBird();
  }

  /**
   * Returns the index in {@link #birds()} of a large bird for demonstrations that nothing hides and
   * that is classified correctly.
   */
  public int demoBird() {
    return facts.demoBird();
  }

  /**
   * Returns a bird as a picture for the preprocessor.
   *
   * @param index 0 to {@code birds().size() - 1}
   * @throws IndexOutOfBoundsException if the index is outside of that range
   */
  public Image picture(int index) {
    return BirdBatches.image(birds.get(index).image());
  }

  /** Returns what people may call the classes, such as "folded wing, needle beak", by label. */
  public List<String> labels() {
    return facts.classes().stream().map(DemoFacts.BirdClass::name).toList();
  }

  /** Returns the way from a picture to the net's input. */
  public Preprocessor preprocessor() {
    return facts.preprocess().preprocessor();
  }

  /**
   * Returns the share of {@link #freshBirds()} birds, never trained on, that the net classified
   * correctly after the training, 0 to 1.
   */
  public double accuracy() {
    return facts.accuracy();
  }

  /** Returns the number of birds that measured the accuracy. */
  public int freshBirds() {
    return facts.freshBirds();
  }
}
