package dev.interp.core.network;

import dev.interp.core.op.Node;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A 64-bit hash of a network. Not a cryptographic one: it tells networks apart, it does not defend
 * against somebody who wants two to look alike, and it must read hundreds of megabytes quickly.
 */
final class Fingerprint {
  private static final long PRIME = 0x9E3779B97F4A7C15L;

  private long hash = 0x2545F4914F6CDD1DL;

  private Fingerprint() {}

  static String of(List<Node> nodes) {
    Fingerprint print = new Fingerprint();
    for (Node node : nodes) {
      print.add(node.name() + '|' + node.op().kind() + '|' + node.inputs());
      for (INDArray parameter : node.op().parameters()) {
        print.add(parameter.dataType() + Arrays.toString(parameter.shape()));
        INDArray copy = parameter.dup('c');
        ByteBuffer bytes = copy.data().asNio().order(ByteOrder.nativeOrder());
        print.add(bytes);
        copy.close();
      }
    }
    return HexFormat.of().toHexDigits(print.hash);
  }

  private void add(String text) {
    add(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private void add(ByteBuffer bytes) {
    int i = 0;
    for (; i + Long.BYTES <= bytes.limit(); i += Long.BYTES) {
      mix(bytes.getLong(i));
    }
    for (; i < bytes.limit(); i++) {
      mix(bytes.get(i));
    }
    mix(bytes.limit());
  }

  private void mix(long value) {
    hash = Long.rotateLeft((hash ^ value) * PRIME, 29);
  }
}
