package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.image.Resample;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.AtLayer;
import dev.interp.visual.cam.AblationCam;
import dev.interp.visual.cam.Cam;
import dev.interp.visual.cam.GuidedGradCam;
import dev.interp.visual.cam.ScoreCam;
import dev.interp.visual.cam.ShapleyCam;
import dev.interp.visual.gradient.Gradient;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Class activation maps against pytorch-grad-cam and captum. */
class CamConformanceTest {
  private static final String GRAD_CAM = "pytorch-grad-cam 084273b";
  private static final String CAPTUM = "captum 0.7";
  private static final double EXACT = 1e-9;

  /** The peer computes in float64 and rounds what is compared, or what it comes of, to float32. */
  private static final double ROUNDED = 1e-6;

  private static final PeerTable TABLE = new PeerTable();

  @Test
  void maps_of_the_tiny_cnn() {
    JsonNode tiny = SharedData.orSkip().json("../conformance/tinycnn.json");
    tiny(tiny, "gradcam/GradCAM", Cam.gradCam(), EXACT);
    tiny(tiny, "gradcam/HiResCAM", Cam.hiResCam(), EXACT);
    tiny(tiny, "gradcam/GradCAMElementWise", Cam.gradCamElementWise(), EXACT);
    tiny(tiny, "gradcam/GradCAMPlusPlus", Cam.gradCamPlusPlus(), EXACT);
    tiny(tiny, "gradcam/XGradCAM", Cam.xGradCam(), EXACT);
    tiny(tiny, "gradcam/LayerCAM", Cam.layerCam(), EXACT);
    tiny(tiny, "gradcam/FEM", Cam.fem(), EXACT);
    tiny(
        tiny,
        "gradcam/ShapleyCAM",
        ShapleyCam.withDefaults().withUtility(ShapleyCam.Utility.TARGET),
        EXACT);
    // Principal components and scores are rounded to float32.
    tiny(tiny, "gradcam/EigenCAM", Cam.eigenCam(), ROUNDED);
    tiny(tiny, "gradcam/EigenGradCAM", Cam.eigenGradCam(), ROUNDED);
    tiny(tiny, "gradcam/ScoreCAM", ScoreCam.withDefaults(), ROUNDED);
    tiny(tiny, "gradcam/AblationCAM", AblationCam.withDefaults(), ROUNDED);
    for (String layer : List.of("relu1", "conv2", "relu2")) {
      tiny(tiny, "captum/LayerGradCam-" + layer, Cam.gradCam().withLayer(layer), EXACT);
    }
    tiny(
        tiny,
        "captum/GuidedGradCam-conv2-nearest",
        GuidedGradCam.withDefaults().withLayer("conv2"),
        EXACT);
    for (String layer : List.of("pool1", "conv2")) {
      tiny(
          tiny,
          "captum/LayerGradientXActivation-" + layer,
          AtLayer.of(layer, Gradient.inputTimesGradient()),
          EXACT);
    }
    assertThat(TABLE.missed()).isEmpty();
  }

  private static void tiny(JsonNode tiny, String name, Attributor method, double limit) {
    Network network = PeerNets.tinyCnn(tiny);
    Target target =
        Target.ofClasses(tiny.get("target").get(0).asInt(), tiny.get("target").get(1).asInt());
    Attribution result = method.attribute(network, PeerNets.array(tiny.get("X")), target);
    INDArray expected = PeerNets.array(tiny.get("results").get(name).get("value"));
    INDArray values = result.values();
    if (method instanceof AblationCam) {
      // The peer divides the drops by the output, which turns the sign of the first example.
      for (int i = 0; i < values.size(0); i++) {
        values.slice(i).divi(result.outputs().get(i));
      }
    }
    String peer = name.startsWith("captum") ? CAPTUM : GRAD_CAM;
    TABLE.add(method.id(), peer, "tinycnn " + name, values, expected, limit);
  }

  @Test
  void cases_of_captums_tests() {
    JsonNode file = SharedData.orSkip().json("../conformance/captum_cases.json");
    List<PeerNets.Case> cases = PeerNets.captumCases(file, "gradcam", "guided-gradcam");
    assertThat(cases).hasSize(6);
    for (PeerNets.Case c : cases) {
      String layer = c.json().get("layer").asText();
      Attributor method = method(c, layer);
      INDArray values = method.attribute(c.network(), c.input(), c.target()).values();
      INDArray expected = c.expected();
      if (c.id().equals("gradcam-dense")) {
        // Of a vector captum sums gradient times activation.
        values = values.sum(true, 1);
      } else if (c.id().equals("gradcam-conv-channels")) {
        // The channels are summed here.
        expected = expected.sum(true, 1);
      }
      TABLE.add(method.id(), CAPTUM, c.id(), values, expected, EXACT);
    }
    assertThat(TABLE.missed()).isEmpty();
  }

  private static Attributor method(PeerNets.Case c, String layer) {
    if (c.id().startsWith("guided")) {
      return GuidedGradCam.withDefaults().withLayer(layer);
    } else if (c.id().equals("gradcam-dense")) {
      return AtLayer.of(layer, Gradient.inputTimesGradient());
    }
    boolean below = c.parameter("layerInput") != null;
    Cam cam = Cam.gradCam().withLayer(below ? Network.INPUT : layer);
    boolean rectified = c.parameter("relu") != null && c.parameter("relu").asBoolean();
    return rectified ? cam.rectified() : cam;
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet_mnist", "lenet_cifar10", "resnet20_cifar10", "squeezenet11"})
  void maps_of_the_reference_nets(String net) throws Exception {
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).network(net);
    String layer = ReferenceNets.camLayer(net);
    Map<String, Attributor> methods = new LinkedHashMap<>();
    methods.put("gradcam_signed", Cam.gradCam().withLayer(layer));
    methods.put("gradcam", Cam.gradCam().withLayer(layer).rectified());
    methods.put("gradcampp", Cam.gradCamPlusPlus().withLayer(layer));
    methods.put("xgradcam", Cam.xGradCam().withLayer(layer));
    methods.put("layercam", Cam.layerCam().withLayer(layer));
    methods.put("hirescam", Cam.hiResCam().withLayer(layer));
    methods.put("guided_gradcam", GuidedGradCam.withDefaults().withLayer(layer));
    methods.put("scorecam", ScoreCam.withDefaults().withLayer(layer));
    List<String> images = data.folders("reference/" + net);
    for (Network typed : ReferenceNets.onEveryEngine(network)) {
      for (int i = 0; i < images.size(); i++) {
        Subject subject = new Subject(data, typed, net + "/" + images.get(i));
        methods.forEach(subject::compare);
        subject.compareLarge(layer);
      }
    }
    assertThat(TABLE.missed()).isEmpty();
  }

  /** A picture with the peers' maps. */
  private record Subject(SharedData data, Network network, String name) {
    private String folder() {
      return "reference/" + name + "/";
    }

    private INDArray input() {
      return Nd4j.stack(0, data.array(folder() + "input.npy"));
    }

    private double limit(String file) {
      if (network.precision() == DataType.DOUBLE) {
        return 1e-6;
      }
      JsonNode lost =
          data.json(folder() + "meta.json")
              .get("methods")
              .get(file)
              .path("float32_run_max_rel_diff");
      // Engines and processors add in other orders than the peer's run did.
      return Math.max(1e-4, 5 * lost.asDouble());
    }

    void compare(String file, Attributor method) {
      INDArray values = method.attribute(network, input(), Target.predicted()).values();
      add(method.id(), file, values);
    }

    /** The maps at the picture's size. */
    void compareLarge(String layer) {
      INDArray map =
          Cam.gradCam()
              .withLayer(layer)
              .rectified()
              .attribute(network, input(), Target.predicted())
              .values();
      add("grad-cam", "gradcam_bilinear", enlarged(map));
      INDArray scaled =
          Cam.gradCamPlusPlus()
              .withLayer(layer)
              .rectified()
              .attribute(network, input(), Target.predicted())
              .values();
      // The peer scales before and after enlarging.
      add("grad-cam-plus-plus", "gradcampp_scaled", ranged(enlarged(ranged(scaled))));
    }

    private static INDArray ranged(INDArray map) {
      INDArray above = map.sub(map.minNumber());
      return above.divi(above.maxNumber().doubleValue() + 1e-7);
    }

    private INDArray enlarged(INDArray map) {
      int height = (int) input().size(2);
      int width = (int) input().size(3);
      float[] plane = map.castTo(DataType.FLOAT).dup('c').data().asFloat();
      float[] large =
          Resample.BILINEAR.apply(plane, (int) map.size(2), (int) map.size(3), height, width);
      return Nd4j.createFromArray(large).castTo(network.precision());
    }

    private void add(String method, String file, INDArray values) {
      String peer = file.startsWith("guided") ? CAPTUM : GRAD_CAM;
      INDArray expected = data.array(folder() + file + ".npy");
      TABLE.add(method, peer, name + " " + file, values, expected, limit(file));
    }
  }

  @AfterAll
  static void write_the_table() throws IOException {
    TABLE.write("cam");
  }
}
