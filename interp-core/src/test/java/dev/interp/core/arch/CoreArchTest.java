package dev.interp.core.arch;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.INTERFACES;
import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

final class CoreArchTest {
  private static final String CORE = "dev.interp.core.";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.interp.core");

  @Test
  void packages_have_no_cycles() {
    slices().matching(CORE + "(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void only_the_lowering_knows_deeplearning4j() {
    noClasses()
        .that()
        .resideOutsideOfPackage(CORE + "dl4j..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.deeplearning4j..")
        .check(CLASSES);
  }

  @Test
  void public_concrete_classes_are_final() {
    classes()
        .that()
        .arePublic()
        .and(not(INTERFACES))
        .and()
        .doNotHaveModifier(ABSTRACT)
        .should()
        .haveModifier(FINAL)
        .check(CLASSES);
  }

  @Test
  void nobody_uses_what_others_happen_to_bring() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.nd4j.shade..", "org.apache.commons.math3..", "org.deeplearning4j..internal..")
        .check(CLASSES);
  }

  @Test
  void ops_know_neither_rules_nor_the_network() {
    onlyBelow("op", "rule..", "network..", "dl4j..");
    onlyBelow("rule", "network..", "dl4j..");
    onlyBelow("network", "dl4j..", "image..", "data..");
  }

  @Test
  void pictures_and_data_know_nothing_of_networks() {
    onlyBelow("image", "network..", "dl4j..", "op..", "rule..");
    onlyBelow("data", "network..", "dl4j..", "op..", "rule..");
  }

  @Test
  void metrics_are_known_to_nobody() {
    for (String name : new String[] {"op", "rule", "network", "attribution", "image", "data"}) {
      onlyBelow(name, "metric..");
    }
  }

  private static void onlyBelow(String name, String... others) {
    String[] above = java.util.Arrays.stream(others).map(o -> CORE + o).toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(CORE + name + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(above)
        .check(CLASSES);
  }
}
