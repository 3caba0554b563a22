import type { CoreV1Api } from "@kubernetes/client-node";
import type { KubeObject } from "../api/object.ts";
import { exportConfigMap, withdrawConfigMap } from "./export-config-map.ts";
import { exportServiceAccount, withdrawServiceAccount } from "./export-annotations.ts";
import type { ExportKind, ExportWrite } from "./export-write.ts";

export type { ExportKind, ExportWrite } from "./export-write.ts";

/** Hands ids on to other objects of an object's namespace, and takes them back. */
export interface Exporter {
  /** The ConfigMap with exactly these data, labelled as exported by the object and owned by it. One without our label is a conflict. */
  exportConfigMap(object: KubeObject, name: string, data: Readonly<Record<string, string>>): Promise<ExportWrite>;
  /** Annotations on a ServiceAccount that exists; other values of others are a conflict. */
  exportServiceAccount(object: KubeObject, name: string, annotations: Readonly<Record<string, string>>): Promise<ExportWrite>;
  /** Takes back what the object exported: the ConfigMap if it is labelled ours, of a ServiceAccount exactly the annotations that we alone set. */
  withdrawExport(object: KubeObject, kind: ExportKind, name: string): Promise<ExportWrite>;
}

/** An exporter. Its writes carry the field manager; those to ServiceAccounts the exporting object behind it. */
export function createExporter(api: CoreV1Api, fieldManager: string): Exporter {
  const to = { api, fieldManager, doing: "export to" } as const;
  return {
    exportConfigMap: (object, name, data) => exportConfigMap({ ...to, object, kind: "ConfigMap", name }, data),
    exportServiceAccount: (object, name, annotations) => exportServiceAccount({ ...to, object, kind: "ServiceAccount", name }, annotations),
    withdrawExport: (object, kind, name) => {
      const made = { ...to, doing: "withdraw the export to", object, kind, name } as const;
      return kind === "ConfigMap" ? withdrawConfigMap(made) : withdrawServiceAccount(made);
    },
  };
}
