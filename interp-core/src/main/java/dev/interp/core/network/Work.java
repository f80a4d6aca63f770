package dev.interp.core.network;

/**
 * Multiply-adds of convolutions and dense layers, as counted: how many runs that recompute only
 * what a change reaches have done, and how many they would have done in full.
 *
 * @param done multiply-adds done
 * @param full multiply-adds of as many full runs
 */
public record Work(long done, long full) {
  /**
   * The share of the full work that was done.
   *
   * @return in [0, 1]; 1 if there was nothing to do
   */
  public double share() {
    return full == 0 ? 1 : (double) done / full;
  }
}
