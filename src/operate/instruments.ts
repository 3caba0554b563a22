import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { MetricDefinition } from "./metric-table.ts";

type LabelOf<Definition extends MetricDefinition> = Definition["labels"][number];

/** The counter of the table, registered. */
export function counter<const Definition extends MetricDefinition & { readonly type: "counter" }>(
  registry: Registry,
  definition: Definition,
): Counter<LabelOf<Definition>> {
  return new Counter(configurationOf(registry, definition));
}

/** The gauge of the table, registered. */
export function gauge<const Definition extends MetricDefinition & { readonly type: "gauge" }>(
  registry: Registry,
  definition: Definition,
): Gauge<LabelOf<Definition>> {
  return new Gauge(configurationOf(registry, definition));
}

/** The histogram of the table, registered. */
export function histogram<const Definition extends MetricDefinition & { readonly type: "histogram" }>(
  registry: Registry,
  definition: Definition,
): Histogram<LabelOf<Definition>> {
  return new Histogram({ ...configurationOf(registry, definition), buckets: [...(definition.buckets ?? [])] });
}

function configurationOf<const Definition extends MetricDefinition>(registry: Registry, definition: Definition) {
  const labelNames: readonly LabelOf<Definition>[] = definition.labels;
  return { name: definition.name, help: definition.help, labelNames, registers: [registry] };
}
