package dev.interp.core.network;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The native library oneDNN, where it is there, and ND4J's arrays as it sees them. */
final class OneDnn {
  private OneDnn() {}

  /** Whether the library can be loaded; tried once. */
  static boolean isThere() {
    return Library.FAILURE.isEmpty();
  }

  /** Why it cannot be loaded. */
  static String whyNot() {
    return Library.FAILURE;
  }

  /** Whether the processor multiplies bfloat16 faster than float32. */
  static boolean hasBfloat16() {
    return dnnl.get_effective_cpu_isa()
        .intern()
        .name()
        .matches("avx512_core_(bf16|fp16|amx).*|avx10.*");
  }

  static engine cpu() {
    return Cpu.ENGINE;
  }

  /** Work is done by the time a call returns, so that one stream serves all threads. */
  static stream stream() {
    return Cpu.STREAM;
  }

  /** Whether an array lies in memory as the library expects it: float32, in C order, no gaps. */
  static boolean isPlain(INDArray array) {
    if (array.dataType() != DataType.FLOAT || (array.rank() != 2 && array.rank() != 4)) {
      return false;
    }
    long step = 1;
    for (int axis = array.rank() - 1; axis >= 0; axis--) {
      if (array.size(axis) != 1 && array.stride(axis) != step) {
        return false;
      }
      step *= array.size(axis);
    }
    return true;
  }

  /** Describes an array with its channels last. */
  static memory.desc describe(INDArray array) {
    return describe(array, memory.data_type.f32);
  }

  /** Describes an array with its channels last as it would be in another type. */
  static memory.desc describe(INDArray array, memory.data_type type) {
    return array.rank() == 4
        ? new memory.desc(
            new long[] {array.size(0), array.size(3), array.size(1), array.size(2)},
            type,
            memory.format_tag.nhwc)
        : new memory.desc(array.shape(), type, memory.format_tag.nc);
  }

  /** Describes an array as it lies, with other axes if they are given. */
  static memory.desc describe(long[] shape, long[] stride) {
    return new memory.desc(shape, memory.data_type.f32, stride);
  }

  /** The memory of an array, which stays the array's. */
  static memory memory(INDArray array, memory.desc description) {
    return memory(array, description, 0);
  }

  /** The memory of an array from one of its numbers on. */
  static memory memory(INDArray array, memory.desc description, long from) {
    try (Address address = new Address(array, from)) {
      return new memory(description, cpu(), address);
    }
  }

  private static final class Address extends Pointer {
    Address(INDArray array, long from) {
      try (Pointer start = array.data().addressPointer()) {
        this.address = start.address() + from * Float.BYTES;
      }
    }
  }

  /** The class is not initialised, and no native library loaded, before somebody asks. */
  private static final class Library {
    /** Why it is not there; empty if it is. */
    static final String FAILURE = load();

    private static String load() {
      try {
        Cpu.STREAM.get();
        return "";
      } catch (LinkageError | RuntimeException e) {
        return e.toString();
      }
    }
  }

  private static final class Cpu {
    static final engine ENGINE = new engine(engine.kind.cpu, 0);
    static final stream STREAM = new stream(ENGINE);
  }
}
