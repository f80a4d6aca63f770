package dev.interp.core.network;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.inner_product_forward;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.desc;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The ops that most of the time goes into, by oneDNN, in float32. Arrays keep the layout they have,
 * channels last: the library's kernels are as fast in it as in its own blocked ones, so that no
 * array is ever reordered. Only weights are.
 *
 * <p>Whatever is bound is freed when the set is closed.
 */
final class OneDnnKernels implements KernelSet, AutoCloseable {
  /** Up to as many channels its own kernels for strides leave idle what they could do at once. */
  private static final int FEW_CHANNELS = 64;

  private final engine cpu = OneDnn.cpu();
  private final PackedWeights packed;
  private final boolean rounds;
  private final List<Pointer> owned = new ArrayList<>();

  /** Arrays whose memory the library has been told of, which must not be collected. */
  private final List<INDArray> bound = new ArrayList<>();

  /** Those that nobody else has. */
  private final List<INDArray> rooms = new ArrayList<>();

  /** Where in its windows a max pool found the maxima, by its output. */
  private final Map<INDArray, Maxima> maxima;

  /** The outputs that this set has told {@link #maxima} of. */
  private final List<INDArray> pooled = new ArrayList<>();

  private @Nullable memory scratchpad;
  private long bytes;

  private record Maxima(pooling_forward.primitive_desc pool, memory places) {}

  /**
   * An empty set.
   *
   * @param rounds whether convolutions multiply in bfloat16
   */
  OneDnnKernels(PackedWeights packed, boolean rounds) {
    this(packed, rounds, new IdentityHashMap<>());
  }

  private OneDnnKernels(PackedWeights packed, boolean rounds, Map<INDArray, Maxima> maxima) {
    this.packed = packed;
    this.rounds = rounds;
    this.maxima = maxima;
  }

  /** A set that is closed apart and knows what the pools of this one found. */
  OneDnnKernels apart() {
    return new OneDnnKernels(packed, rounds, maxima);
  }

  @Override
  public @Nullable Runnable forward(Op op, INDArray[] in, INDArray out, boolean careful) {
    if (!OneDnn.isPlain(out) || in.length == 0 || !OneDnn.isPlain(in[0])) {
      return null;
    }
    INDArray x = in[0];
    if (op instanceof Op.Convolution || op instanceof Op.Dense) {
      return fused(List.of(op), in, null, out, careful);
    } else if (op instanceof Op.Activation && Kernels.isRelu(op)) {
      return rectifier(x, out);
    } else if (op instanceof Op.Pool p) {
      return pool(p, x, out);
    } else if (Kernels.isSum(op) && in.length == 2) {
      return sum(x, in[1], out);
    }
    return null;
  }

  @Override
  public @Nullable Runnable backward(
      Op op, INDArray[] in, INDArray out, INDArray gradient, int index, INDArray into) {
    if (!OneDnn.isPlain(gradient) || !OneDnn.isPlain(into)) {
      return null;
    }
    if (op instanceof Op.Convolution c) {
      Runnable turned = turned(c, gradient, into, null);
      return turned != null ? turned : spread(c, gradient, into);
    } else if (op instanceof Op.Activation && Kernels.isRelu(op) && OneDnn.isPlain(out)) {
      return rectifierBackward(out, gradient, into);
    } else if (op instanceof Op.Pool p) {
      return poolBackward(p, out, gradient, into);
    }
    return null;
  }

  /** The gradient of an op added to what is there; null if it cannot be done in one. */
  @Nullable Runnable backwardAdding(Op op, INDArray gradient, INDArray into) {
    return op instanceof Op.Convolution c && OneDnn.isPlain(gradient) && OneDnn.isPlain(into)
        ? turned(c, gradient, into, b -> b.add(into, into))
        : null;
  }

  /** The gradient of an op times another array; null if it cannot be done in one. */
  @Nullable Runnable backwardTimes(Op op, INDArray gradient, INDArray factor, INDArray into) {
    return op instanceof Op.Convolution c
            && OneDnn.isPlain(gradient)
            && OneDnn.isPlain(factor)
            && OneDnn.isPlain(into)
        ? turned(c, gradient, into, b -> b.multiply(factor))
        : null;
  }

  /** {@code signal / (z + ε sign z)}, the sign of zero being one. */
  @Nullable Runnable quotient(INDArray signal, INDArray z, double epsilon, INDArray into) {
    if (!OneDnn.isPlain(signal) || !OneDnn.isPlain(z) || !OneDnn.isPlain(into)) {
      return null;
    }
    long[] one = new long[z.rank()];
    Arrays.fill(one, 1);
    INDArray zero = Nd4j.zeros(z.dataType(), one);
    keep(zero);
    Binding b = new Binding();
    b.apply(algorithm.eltwise_linear, 2 * epsilon, -epsilon);
    b.add(z, into);
    b.apply(algorithm.eltwise_pow, 1, -1);
    b.multiply(signal);
    return binary(algorithm.binary_ge, z, zero, into, b);
  }

  /** A convolution or dense layer and what follows it in place: batch norm, sum, rectifier. */
  @Nullable Runnable fused(
      List<Op> ops, INDArray[] in, @Nullable INDArray addend, INDArray out, boolean careful) {
    if (in.length != 1
        || !OneDnn.isPlain(in[0])
        || !OneDnn.isPlain(out)
        || (addend != null && !OneDnn.isPlain(addend))) {
      return null;
    }
    int next = 1;
    Op.Affine affine = null;
    if (next < ops.size() && ops.get(next) instanceof Op.Affine a) {
      affine = a;
      next++;
    }
    if (addend != null && next < ops.size() && Kernels.isSum(ops.get(next))) {
      next++;
    } else if (addend != null) {
      return null;
    }
    boolean rectified = next < ops.size() && Kernels.isRelu(ops.get(next));
    if (next + (rectified ? 1 : 0) != ops.size()) {
      return null;
    }
    if (ops.get(0) instanceof Op.Convolution c) {
      return careful && Nd4jKernels.isLongSum(c) && addend == null
          ? longSum(c, affine, rectified, in[0], out)
          : convolution(c, affine, addend, rectified, in[0], out);
    } else if (ops.get(0) instanceof Op.Dense d && affine == null && addend == null) {
      return dense(d, rectified, in[0], out);
    }
    return null;
  }

  /** The native memory that it has taken for itself. */
  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    pooled.forEach(maxima::remove);
    pooled.clear();
    owned.forEach(Pointer::close);
    owned.clear();
    rooms.forEach(INDArray::close);
    rooms.clear();
    bound.clear();
  }

  // ---------------------------------------------------------------- convolutions

  private @Nullable Runnable convolution(
      Op.Convolution c,
      Op.@Nullable Affine affine,
      @Nullable INDArray addend,
      boolean rectified,
      INDArray x,
      INDArray out) {
    Geometry g = Geometry.of(c.window(), x, out);
    INDArray scale = affine == null ? null : affine.scale();
    PackedWeights.Form form = new PackedWeights.Form(null, scale, c.groups());
    Consumer<Binding> after =
        b -> {
          if (addend != null) {
            b.add(addend, out);
          }
          if (rectified) {
            b.rectify();
          }
        };
    return correlate(c.weights(), form, bias(c, affine), g, after, x, out);
  }

  private static @Nullable INDArray bias(Op.Convolution c, Op.@Nullable Affine affine) {
    INDArray bias = c.bias();
    if (affine == null || bias == null) {
      return affine == null ? bias : affine.shift();
    }
    return bias.mul(affine.scale().reshape(bias.length()))
        .addi(affine.shift().reshape(bias.length()));
  }

  /**
   * A 1×1 convolution that sums many channels into few, as a sum of short sums; see {@link
   * Nd4jKernels}.
   */
  private @Nullable Runnable longSum(
      Op.Convolution c, Op.@Nullable Affine affine, boolean rectified, INDArray x, INDArray out) {
    long channels = x.size(3);
    long outputs = out.size(3);
    long positions = out.length() / outputs;
    INDArray weights = c.weights().reshape(outputs, channels);
    INDArray kernel = weights.transpose().dup('c');
    if (affine != null) {
      kernel.muliRowVector(affine.scale().reshape(outputs));
    }
    keep(kernel);
    INDArray bias = bias(c, affine);
    desc to = own(OneDnn.describe(new long[] {positions, outputs}, new long[] {outputs, 1}));
    desc shift = own(OneDnn.describe(new long[] {1, outputs}, new long[] {outputs, 1}));
    List<Runnable> steps = new ArrayList<>();
    for (long from = 0; from < channels; from += Nd4jKernels.CHUNK) {
      long length = Math.min(Nd4jKernels.CHUNK, channels - from);
      Binding b = new Binding();
      if (from > 0) {
        b.add(out, out);
      }
      if (rectified && from + length == channels) {
        b.rectify();
      }
      primitive_attr attributes = b.attributes();
      desc some = own(OneDnn.describe(new long[] {positions, length}, new long[] {channels, 1}));
      desc rows = own(OneDnn.describe(new long[] {length, outputs}, new long[] {outputs, 1}));
      boolean first = from == 0 && bias != null;
      matmul.primitive_desc d =
          own(
              first
                  ? new matmul.primitive_desc(cpu, some, rows, shift, to, attributes, true)
                  : new matmul.primitive_desc(cpu, some, rows, to, attributes, true));
      if (!isFast(d)) {
        return null;
      }
      b.put(dnnl.DNNL_ARG_SRC, x, some, from);
      b.put(dnnl.DNNL_ARG_WEIGHTS, kernel, rows, from * outputs);
      if (first && bias != null) {
        b.put(dnnl.DNNL_ARG_BIAS, vector(bias), shift, 0);
      }
      b.put(dnnl.DNNL_ARG_DST, out, to, 0);
      steps.add(b.bind(new matmul(d), d));
    }
    return () -> steps.forEach(Runnable::run);
  }

  /** The adjoint of a convolution as a convolution itself, see {@link Phases}. */
  private @Nullable Runnable turned(
      Op.Convolution c, INDArray gradient, INDArray into, @Nullable Consumer<Binding> after) {
    Window.Axis rows = c.window().height();
    Window.Axis columns = c.window().width();
    Phases phases = Phases.of(c.window(), into.size(1), into.size(2));
    boolean strided = phases.count() > 1;
    long channels = into.size(3) * phases.count();
    if (c.groups() > 1
        || rows.dilation() > 1
        || columns.dilation() > 1
        || !phases.fits()
        || (strided
            && (after != null
                || channels > FEW_CHANNELS
                || into.size(1) % rows.stride() != 0
                || into.size(2) % columns.stride() != 0))) {
      return null;
    }
    PackedWeights.Form form = new PackedWeights.Form(phases, null, 1);
    if (!strided) {
      Geometry g = Geometry.of(phases.window(), gradient, into);
      return correlate(c.weights(), form, null, g, after, gradient, into);
    }
    long height = into.size(1) / rows.stride();
    long width = into.size(2) / columns.stride();
    INDArray blocks = Kernels.room(into.dataType(), into.size(0), height, width, channels);
    keep(blocks);
    Geometry g = Geometry.of(phases.window(), gradient, blocks);
    Runnable product = correlate(c.weights(), form, null, g, null, gradient, blocks);
    if (product == null) {
      return null;
    }
    Runnable move = fromBlocks(blocks, rows.stride(), columns.stride(), into);
    return () -> {
      product.run();
      move.run();
    };
  }

  /** Puts the phases of each block beside and below each other. */
  private Runnable fromBlocks(INDArray blocks, int down, int across, INDArray into) {
    long row = into.size(2) * into.size(3);
    long piece = across * into.size(3);
    long[] shape = {into.size(0) * blocks.size(1), down, blocks.size(2), piece};
    memory from =
        own(
            OneDnn.memory(
                blocks,
                own(OneDnn.describe(shape, new long[] {down * row, piece, down * piece, 1}))));
    memory to =
        own(
            OneDnn.memory(
                into, own(OneDnn.describe(shape, new long[] {down * row, row, piece, 1}))));
    reorder copy = own(new reorder(from, to));
    bound.add(into);
    return () -> copy.execute(OneDnn.stream(), from, to);
  }

  private @Nullable Runnable correlate(
      INDArray weights,
      PackedWeights.Form form,
      @Nullable INDArray bias,
      Geometry g,
      @Nullable Consumer<Binding> after,
      INDArray x,
      INDArray out) {
    Binding b = new Binding();
    if (after != null) {
      after.accept(b);
    }
    primitive_attr attributes = b.attributes();
    boolean half = rounds && form.phases() == null;
    memory.data_type type = half ? memory.data_type.bf16 : memory.data_type.f32;
    desc source = half ? own(OneDnn.describe(x, type)) : describe(x);
    desc order = own(new desc(weightShape(g, form.groups(), x, out), type, memory.format_tag.any));
    convolution_forward.primitive_desc d =
        own(
            new convolution_forward.primitive_desc(
                cpu,
                prop_kind.forward_inference,
                algorithm.convolution_direct,
                source,
                order,
                describeBias(bias),
                describe(out),
                g.stride,
                g.dilation,
                g.before,
                g.after,
                attributes,
                true));
    if (!isFast(d)) {
      return null;
    }
    b.put(dnnl.DNNL_ARG_WEIGHTS, packed.of(weights, form, own(d.weights_desc())));
    if (bias != null) {
      b.put(dnnl.DNNL_ARG_BIAS, vector(bias));
    }
    b.put(dnnl.DNNL_ARG_DST, out);
    if (!half) {
      b.put(dnnl.DNNL_ARG_SRC, x);
      return b.bind(new convolution_forward(d), d);
    }
    memory rounded = room(source);
    b.put(dnnl.DNNL_ARG_SRC, rounded);
    Runnable product = b.bind(new convolution_forward(d), d);
    memory exact = own(OneDnn.memory(x, describe(x)));
    reorder round = own(new reorder(exact, rounded));
    bound.add(x);
    return () -> {
      round.execute(OneDnn.stream(), exact, rounded);
      product.run();
    };
  }

  /** The adjoint of a convolution that is not one itself. */
  private @Nullable Runnable spread(Op.Convolution c, INDArray gradient, INDArray into) {
    Binding b = new Binding();
    Geometry g = Geometry.of(c.window(), into, gradient);
    PackedWeights.Form form = new PackedWeights.Form(null, null, c.groups());
    desc order =
        own(
            new desc(
                weightShape(g, c.groups(), into, gradient),
                memory.data_type.f32,
                memory.format_tag.any));
    desc below = describe(into);
    desc above = describe(gradient);
    primitive_attr attributes = b.attributes();
    convolution_forward.primitive_desc hint =
        own(
            new convolution_forward.primitive_desc(
                cpu,
                prop_kind.forward_training,
                algorithm.convolution_direct,
                below,
                order,
                above,
                g.stride,
                g.dilation,
                g.before,
                g.after,
                attributes,
                true));
    if (!isFast(hint)) {
      return null;
    }
    convolution_backward_data.primitive_desc d =
        own(
            new convolution_backward_data.primitive_desc(
                cpu,
                algorithm.convolution_direct,
                below,
                order,
                above,
                g.stride,
                g.dilation,
                g.before,
                g.after,
                hint,
                attributes,
                true));
    if (!isFast(d)) {
      return null;
    }
    b.put(dnnl.DNNL_ARG_DIFF_DST, gradient);
    b.put(dnnl.DNNL_ARG_WEIGHTS, packed.of(c.weights(), form, own(d.weights_desc())));
    b.put(dnnl.DNNL_ARG_DIFF_SRC, into);
    return b.bind(new convolution_backward_data(d), d);
  }

  private static long[] weightShape(Geometry g, int groups, INDArray below, INDArray above) {
    long in = below.size(3) / groups;
    long out = above.size(3) / groups;
    return groups == 1
        ? new long[] {out, in, g.kernel[0], g.kernel[1]}
        : new long[] {groups, out, in, g.kernel[0], g.kernel[1]};
  }

  /**
   * Weights that lie output by output are left to ND4J: read so, oneDNN takes longer, and a copy in
   * another order would double the memory of what is the largest part of many networks.
   */
  private @Nullable Runnable dense(Op.Dense op, boolean rectified, INDArray x, INDArray out) {
    INDArray weights = op.weights();
    if (x.rank() != 2 || weights.stride(1) != 1 || weights.dataType() != x.dataType()) {
      return null;
    }
    Binding b = new Binding();
    if (rectified) {
      b.rectify();
    }
    primitive_attr attributes = b.attributes();
    desc order =
        own(
            OneDnn.describe(
                new long[] {weights.size(1), weights.size(0)},
                new long[] {weights.stride(1), weights.stride(0)}));
    INDArray bias = op.bias();
    inner_product_forward.primitive_desc d =
        own(
            new inner_product_forward.primitive_desc(
                cpu,
                prop_kind.forward_inference,
                describe(x),
                order,
                describeBias(bias),
                describe(out),
                attributes,
                true));
    if (!isFast(d)) {
      return null;
    }
    b.put(dnnl.DNNL_ARG_SRC, x);
    b.put(dnnl.DNNL_ARG_WEIGHTS, weights, order);
    if (bias != null) {
      b.put(dnnl.DNNL_ARG_BIAS, vector(bias));
    }
    b.put(dnnl.DNNL_ARG_DST, out);
    return b.bind(new inner_product_forward(d), d);
  }

  // ---------------------------------------------------------------- pools and element-wise

  private static @Nullable algorithm poolAlgorithm(Op.Pool p) {
    return switch (p.reduction()) {
      case MAX -> algorithm.pooling_max;
      case AVERAGE -> algorithm.pooling_avg_exclude_padding;
      case AVERAGE_WITH_PADDING -> algorithm.pooling_avg_include_padding;
      case P_NORM, SUM -> null;
    };
  }

  private @Nullable Runnable pool(Op.Pool p, INDArray x, INDArray out) {
    algorithm how = poolAlgorithm(p);
    if (how == null) {
      return null;
    }
    Binding b = new Binding();
    Geometry g = Geometry.of(p.window(), x, out);
    pooling_forward.primitive_desc d =
        own(
            new pooling_forward.primitive_desc(
                cpu,
                prop_kind.forward_training,
                how,
                describe(x),
                describe(out),
                g.stride,
                g.kernel,
                g.dilation,
                g.before,
                g.after,
                b.attributes(),
                true));
    if (!isFast(d)) {
      return null;
    }
    b.put(dnnl.DNNL_ARG_SRC, x);
    b.put(dnnl.DNNL_ARG_DST, out);
    if (how == algorithm.pooling_max) {
      memory places = room(own(d.workspace_desc()));
      b.put(dnnl.DNNL_ARG_WORKSPACE, places);
      maxima.put(out, new Maxima(d, places));
      pooled.add(out);
    }
    return b.bind(new pooling_forward(d), d);
  }

  private @Nullable Runnable poolBackward(
      Op.Pool p, INDArray out, INDArray gradient, INDArray into) {
    algorithm how = poolAlgorithm(p);
    Maxima found = maxima.get(out);
    if (how != algorithm.pooling_max || found == null) {
      return null;
    }
    Binding b = new Binding();
    Geometry g = Geometry.of(p.window(), into, gradient);
    pooling_backward.primitive_desc d =
        own(
            new pooling_backward.primitive_desc(
                cpu,
                how,
                describe(into),
                describe(gradient),
                g.stride,
                g.kernel,
                g.dilation,
                g.before,
                g.after,
                found.pool,
                b.attributes(),
                true));
    if (!isFast(d)) {
      return null;
    }
    b.put(dnnl.DNNL_ARG_DIFF_DST, gradient);
    b.put(dnnl.DNNL_ARG_WORKSPACE, found.places);
    b.put(dnnl.DNNL_ARG_DIFF_SRC, into);
    return b.bind(new pooling_backward(d), d);
  }

  private @Nullable Runnable rectifier(INDArray x, INDArray out) {
    Binding b = new Binding();
    eltwise_forward.primitive_desc d = rectifier(out, b.attributes());
    if (!isFast(d)) {
      return null;
    }
    b.put(dnnl.DNNL_ARG_SRC, x);
    b.put(dnnl.DNNL_ARG_DST, out);
    return b.bind(new eltwise_forward(d), d);
  }

  private eltwise_forward.primitive_desc rectifier(INDArray out, primitive_attr attributes) {
    desc array = describe(out);
    return own(
        new eltwise_forward.primitive_desc(
            cpu,
            prop_kind.forward_training,
            algorithm.eltwise_relu_use_dst_for_bwd,
            array,
            array,
            0f,
            0f,
            attributes,
            true));
  }

  private @Nullable Runnable rectifierBackward(INDArray out, INDArray gradient, INDArray into) {
    Binding b = new Binding();
    primitive_attr attributes = b.attributes();
    eltwise_forward.primitive_desc hint = rectifier(out, attributes);
    if (!isFast(hint)) {
      return null;
    }
    desc array = describe(out);
    eltwise_backward.primitive_desc d =
        own(
            new eltwise_backward.primitive_desc(
                cpu,
                algorithm.eltwise_relu_use_dst_for_bwd,
                array,
                array,
                array,
                0f,
                0f,
                hint,
                attributes,
                true));
    if (!isFast(d)) {
      return null;
    }
    b.put(dnnl.DNNL_ARG_DST, out);
    b.put(dnnl.DNNL_ARG_DIFF_DST, gradient);
    b.put(dnnl.DNNL_ARG_DIFF_SRC, into);
    return b.bind(new eltwise_backward(d), d);
  }

  private @Nullable Runnable sum(INDArray x, INDArray y, INDArray out) {
    return OneDnn.isPlain(y) && x.equalShapes(out) && y.equalShapes(out)
        ? binary(algorithm.binary_add, x, y, out, new Binding())
        : null;
  }

  private @Nullable Runnable binary(
      algorithm how, INDArray x, INDArray y, INDArray out, Binding b) {
    binary.primitive_desc d =
        own(
            new binary.primitive_desc(
                cpu, how, describe(x), describe(y), describe(out), b.attributes(), true));
    if (!isFast(d)) {
      return null;
    }
    b.put(dnnl.DNNL_ARG_SRC_0, x);
    b.put(dnnl.DNNL_ARG_SRC_1, y);
    b.put(dnnl.DNNL_ARG_DST, out);
    return b.bind(new binary(d), d);
  }

  // ---------------------------------------------------------------- plumbing

  private <P extends Pointer> P own(P pointer) {
    owned.add(pointer);
    return pointer;
  }

  private void keep(INDArray room) {
    rooms.add(room);
    bytes += room.length() * room.dataType().width();
  }

  private memory room(desc description) {
    bytes += description.get_size();
    return own(new memory(description, cpu));
  }

  private desc describe(INDArray array) {
    return own(OneDnn.describe(array));
  }

  /** A vector of the outputs; without a bias the empty description, which says so. */
  private desc describeBias(@Nullable INDArray bias) {
    return own(
        bias == null
            ? new desc()
            : new desc(new long[] {bias.length()}, memory.data_type.f32, memory.format_tag.a));
  }

  /** The library's plain reference code is slower than ND4J. */
  private static boolean isFast(primitive_desc_base d) {
    if (d.get(true) == null) {
      return false;
    }
    try (org.bytedeco.javacpp.BytePointer name = d.impl_info_str()) {
      return !name.getString().startsWith("ref");
    }
  }

  /** A bias as a dense vector; the same array if it is one. */
  private static INDArray vector(INDArray bias) {
    INDArray flat = bias.reshape(bias.length());
    return flat.length() == 1 || flat.stride(0) == 1 ? flat : flat.dup();
  }

  /** A window as the library takes it, rows before columns. */
  private static final class Geometry {
    final long[] kernel = new long[2];
    final long[] stride = new long[2];
    final long[] dilation = new long[2];
    final long[] before = new long[2];
    final long[] after = new long[2];

    static Geometry of(Window window, INDArray below, INDArray above) {
      Geometry g = new Geometry();
      g.set(0, window.height(), below.size(1), above.size(1));
      g.set(1, window.width(), below.size(2), above.size(2));
      return g;
    }

    private void set(int i, Window.Axis axis, long below, long above) {
      kernel[i] = axis.kernel();
      stride[i] = axis.stride();
      dilation[i] = axis.dilation() - 1L;
      before[i] = axis.before(below);
      after[i] = Math.max(0, (above - 1) * stride[i] + axis.extent() - before[i] - below);
    }
  }

  /** An op being bound. */
  private final class Binding {
    private final IntMemoryMap arguments = own(new IntMemoryMap());

    /** What is done to the output before it is written. */
    private final post_ops after = own(new post_ops());

    primitive_attr attributes() {
      primitive_attr attributes = own(new primitive_attr());
      // Scratch memory is the set's, so that runs allocate nothing and threads share nothing.
      attributes.set_scratchpad_mode(dnnl.dnnl_scratchpad_mode_user);
      attributes.set_post_ops(after);
      return attributes;
    }

    /** Adds an array, which may be the output itself. */
    void add(INDArray addend, INDArray out) {
      if (addend == out) {
        after.append_sum();
      } else {
        combine(algorithm.binary_add, addend);
      }
    }

    void multiply(INDArray factor) {
      combine(algorithm.binary_mul, factor);
    }

    private void combine(algorithm how, INDArray other) {
      int place = dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (after.len() + 1);
      after.append_binary(how, describe(other));
      put(place | dnnl.DNNL_ARG_SRC_1, other);
    }

    void rectify() {
      apply(algorithm.eltwise_relu, 0, 0);
    }

    void apply(algorithm how, double alpha, double beta) {
      after.append_eltwise(how, (float) alpha, (float) beta);
    }

    void put(int argument, INDArray array) {
      put(
          argument,
          array,
          array.rank() == 1
              ? own(new desc(array.shape(), memory.data_type.f32, memory.format_tag.a))
              : describe(array));
    }

    void put(int argument, INDArray array, desc description) {
      put(argument, array, description, 0);
    }

    /** Part of an array, from a number of it on. */
    void put(int argument, INDArray array, desc description, long from) {
      bound.add(array);
      put(argument, own(OneDnn.memory(array, description, from)));
    }

    void put(int argument, memory place) {
      arguments.put(argument, place);
    }

    Runnable bind(primitive p, primitive_desc_base d) {
      own(p);
      try (desc needed = d.scratchpad_desc()) {
        if (needed.get_size() > 0) {
          put(dnnl.DNNL_ARG_SCRATCHPAD, scratchpad(needed));
        }
      }
      return () -> p.execute(OneDnn.stream(), arguments);
    }
  }

  /** One op runs at a time, so that all can use the same. */
  private memory scratchpad(desc needed) {
    memory room = scratchpad;
    if (room != null) {
      try (desc there = room.get_desc()) {
        if (there.get_size() >= needed.get_size()) {
          return own(new memory(needed, cpu, room.get_data_handle()));
        }
      }
    }
    memory larger = room(needed);
    scratchpad = larger;
    return larger;
  }
}
