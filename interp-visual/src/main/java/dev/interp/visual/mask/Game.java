package dev.interp.visual.mask;

import java.util.Locale;

/** What a learned mask is rewarded for. */
public enum Game {
  /** The score falls when the masked part is taken away. */
  DELETION(false, true),
  /** The score stays when nothing but the masked part is left. */
  PRESERVATION(true, false),
  /** Both at once. Costs two passes per step. */
  DUAL(true, true);

  private final boolean keeps;
  private final boolean deletes;

  Game(boolean keeps, boolean deletes) {
    this.keeps = keeps;
    this.deletes = deletes;
  }

  /** The pictures that a mask makes: +1 for the masked part alone, −1 for the picture without. */
  int[] signs() {
    return keeps && deletes ? new int[] {1, -1} : new int[] {keeps ? 1 : -1};
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
