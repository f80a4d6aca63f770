package dev.interp.training.filter;

/** What the configurations of filter layers have in common. */
interface FilterLayerConfiguration {
  FilterSettings filterSettings();
}
