package dev.interp.core.image;

/** The channels of a network's input and their order. */
public enum ChannelOrder {
  /** Red, green, blue. A grey picture is repeated three times. */
  RGB,
  /** Blue, green, red, as Caffe networks want it. A grey picture is repeated three times. */
  BGR,
  /**
   * One channel. Of a colour picture the luma of ITU-R BT.601 is taken: 0.299 R + 0.587 G + 0.114
   * B.
   */
  GREY;

  /**
   * Returns the number of channels.
   *
   * @return 1 or 3
   */
  public int channels() {
    return this == GREY ? 1 : 3;
  }
}
