import type { KubeObject } from "../../src/api/object.ts";
import type { Kind, Policies, ResourceShape } from "../../src/kinds/kind.ts";

/** An object of any kind with a spec that may be anything. */
export function objectWith(spec: unknown): KubeObject {
  return {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: "Any",
    metadata: { name: "a", namespace: "default", uid: "u", resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec,
  };
}

/** The shape of a kind that declares a whole resource. */
export function resourceShapeOf<Spec extends Policies>({ shape, type }: Kind<Spec>): ResourceShape<Spec> {
  if (shape.is !== "resource") throw new Error(`${type.kind} declares no resource of its own`);
  return shape;
}
