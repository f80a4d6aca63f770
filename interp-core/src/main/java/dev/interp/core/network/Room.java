package dev.interp.core.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Arrays that are handed out, taken back and handed out again while a plan is laid out. */
final class Room {
  private final DataType type;
  private final List<INDArray> slots;
  private final List<INDArray> free = new ArrayList<>();
  private final IdentityHashMap<INDArray, INDArray> slotOf = new IdentityHashMap<>();

  /** What is allocated is added to {@code slots}, whose owner frees it. */
  Room(DataType type, List<INDArray> slots) {
    this.type = type;
    this.slots = slots;
  }

  /** Room that begins with what is there. */
  static Room of(DataType type, List<INDArray> slots) {
    Room room = new Room(type, slots);
    room.free.addAll(slots);
    return room;
  }

  INDArray take(long[] shape) {
    long length = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    INDArray slot =
        free.stream()
            .filter(s -> s.length() >= length)
            .min(Comparator.comparingLong(INDArray::length))
            .orElse(null);
    if (slot == null) {
      slot = Kernels.room(type, length);
      slots.add(slot);
    } else {
      INDArray taken = slot;
      free.removeIf(s -> s == taken);
    }
    INDArray array = view(slot, shape);
    slotOf.put(array, slot);
    return array;
  }

  /** An array that nothing else shares, for what stays from run to run. */
  INDArray keep(long[] shape) {
    INDArray slot = Kernels.room(type, shape);
    slots.add(slot);
    return slot;
  }

  void giveBack(INDArray array) {
    INDArray slot = slotOf.remove(array);
    if (slot != null) {
      free.add(slot);
    }
  }

  static INDArray view(INDArray room, long[] shape) {
    long length = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    INDArray part = room.length() == length ? room : room.get(NDArrayIndex.interval(0, length));
    return part.reshape('c', shape);
  }
}
