package dev.interp.bench.paper;

import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Network;
import dev.interp.disentangle.dissect.Pictures;
import dev.interp.training.filter.FilterLoss;
import dev.interp.training.filter.FilterSettings;

/** An ordinary and an interpretable net, trained on birds from the same first weights. */
final class BirdPair {
  private static final int TRAIN = 2000;

  private BirdPair() {}

  /** What is done with each of the two. */
  interface Use {
    /** Takes a net with its accuracy, and birds that it was not trained on. */
    void take(String net, Network network, double accuracy, Pictures kept);
  }

  /** Trains the two one after the other. */
  static void train(int epochs, int kept, Use use) {
    FilterData set = FilterSets.birds(0, TRAIN, kept);
    Pictures pictures = FilterSets.kept(set);
    FilterTrial trial = new FilterTrial(epochs);
    for (boolean interpretable : new boolean[] {false, true}) {
      FilterSettings settings =
          interpretable ? FilterTrial.settings(set, FilterLoss.SINGLE_TEMPLATE) : null;
      FilterTrial.Outcome outcome = trial.run(set, settings, 0, (done, total) -> true);
      Network network = Dl4j.standard().withInput(set.input()).lower(outcome.net());
      use.take(interpretable ? "interpretable" : "ordinary", network, outcome.accuracy(), pictures);
    }
  }
}
